//! How fast it is. `cargo bench` runs everything, `cargo bench -- fold` what the word names.
//!
//! Every figure stands beside a calibration taken in the same run: machines and disks differ from minute to minute, ratios less so.

mod append;
mod bounded;
mod calibration;
mod commit;
mod export;
mod first_frame;
mod fold;
mod homes;
mod import;
mod intake;
mod prove;
mod render;
mod replica;
mod stage;
mod streams;

fn main() {
    warroom::install_crypto();
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let all: &[(&str, fn())] = &[
        ("fold", fold::run),
        ("commit", commit::run),
        ("append", append::run),
        ("intake", intake::run),
        ("streams", streams::run),
        ("prove", prove::run),
        ("render", render::run),
        ("export", export::run),
        ("replica", replica::run),
        ("bounded", bounded::run),
        ("import", import::run),
    ];
    for (name, run) in all.iter().filter(|(name, _)| wanted(name)) {
        println!("== {name}");
        run();
    }
}
