//! The PostgreSQL clusters of the tests, where it is installed.

// A bench needs only a part of what tests do with them.
#[allow(dead_code)]
#[path = "../../tests/it/stage/postgres.rs"]
pub mod postgres;

/// Looks until there is something to see.
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    let looks = std::iter::repeat_with(look).inspect(|_| std::thread::sleep(std::time::Duration::from_millis(50)));
    looks.take(800).flatten().next().unwrap_or_else(|| panic!("never came: {what}"))
}
