//! What is told about an incident, as text: briefings, documents, and the shapes other programs read. Pure.

mod briefing;

pub use briefing::Section;
pub use briefing::briefing;
pub use briefing::briefing_text;
pub use briefing::vacancies;
