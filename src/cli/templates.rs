//! Templates of a person's own: the folder that the configuration names, and the file given with `--template`.

use crate::cli::config::Config;
use crate::cli::failure::Failure;
use crate::cli::text_file;
use crate::report::Templates;
use std::path::Path;

/// What the name of a template ends with.
const ENDING: &str = ".j2";

/// Reads every template of the folder that is configured, and `file` with those that lie beside it, for it to include.
///
/// # Errors
/// What is missing or cannot be read, and where it was named.
pub fn load(config: &Config, file: Option<&Path>) -> Result<Templates, Failure> {
    let mut templates = Templates::default();
    if let Some(folder) = &config.templates {
        add_folder(&mut templates, folder).map_err(|why| config.mistake("templates", &why.to_string()))?;
    }
    let Some(file) = file else { return Ok(templates) };
    let text = text_file::read(file, text_file::WRITTEN_MAX_BYTES)?;
    let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    add_folder(&mut templates, beside)?;
    // By its whole path, so that a mistake is told with it and one that is called as a shipped one can extend that.
    let name = file.display().to_string();
    templates.own.insert(name.clone(), text);
    templates.main = Some(name);
    Ok(templates)
}

fn add_folder(templates: &mut Templates, folder: &Path) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder).map_err(|why| Failure::of_file(folder, "read", &why))?;
    for entry in entries {
        let path = entry.map_err(|why| Failure::of_file(folder, "read", &why))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(ENDING)) else { continue };
        templates.own.insert(name.to_owned(), text_file::read(&path, text_file::WRITTEN_MAX_BYTES)?);
    }
    Ok(())
}
