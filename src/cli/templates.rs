//! Templates of a person's own: the folder that the configuration names, and the file given with `--template`.

use crate::cli::config::Config;
use crate::cli::failure::Failure;
use crate::report::Templates;
use std::path::Path;

/// What the name of a template ends with.
const ENDING: &str = ".j2";
/// A template is text that people write.
const SIZE_MAX_BYTES: u64 = 1 << 20;

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
    let text = read(file)?;
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
        templates.own.insert(name.to_owned(), read(&path)?);
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    let of_file = |why: std::io::Error| Failure::of_file(path, "read", &why);
    let size = std::fs::metadata(path).map_err(of_file)?.len();
    if size > SIZE_MAX_BYTES {
        return Err(Failure::Usage(format!("{} is no template: it has {size} bytes, at most {SIZE_MAX_BYTES} are read", path.display())));
    }
    let bytes = std::fs::read(path).map_err(of_file)?;
    String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("{} is no template: it is not UTF-8 text", path.display())))
}
