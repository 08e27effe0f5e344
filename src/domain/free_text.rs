//! The words of a command or an event that people choose freely, so that one look sees all of them before they are recorded.

use crate::domain::Body;
use crate::domain::Command;

impl Command {
    /// Each free text of this wish with the name of what it is: `text`, `title`, `reason`. Names of people, roles and dimensions are none, nor is a
    /// briefing, which is made of what is recorded already, nor are settings, which are files.
    pub fn texts_mut(&mut self) -> Vec<(&'static str, &mut String)> {
        match self {
            Self::Declare { title, summary, services, .. } => {
                let services = services.iter_mut().map(|service| ("service", service));
                [("title", title), ("summary", summary)].into_iter().chain(services).collect()
            }
            Self::Edit { title, summary, services } => {
                let services = services.iter_mut().flatten().map(|service| ("service", service));
                let title = title.iter_mut().map(|title| ("title", title));
                title.chain(summary.iter_mut().map(|summary| ("summary", summary))).chain(services).collect()
            }
            Self::AddEntry(entry) => {
                let components = entry.components.iter_mut().map(|component| ("component", component));
                let audience = entry.audience.iter_mut().map(|audience| ("audience", audience));
                [("text", &mut entry.text)].into_iter().chain(audience).chain(components).collect()
            }
            Self::AmendEntry { text, audience, reason, .. } => {
                let audience = audience.iter_mut().map(|audience| ("audience", audience));
                text.iter_mut().map(|text| ("text", text)).chain(audience).chain([("reason", reason)]).collect()
            }
            Self::GiveTask { text, .. } => vec![("text", text)],
            Self::FinishTask { result, .. } => vec![("result", result)],
            Self::SetStatus { reason, .. }
            | Self::SetSeverity { reason, .. }
            | Self::Assess { reason, .. }
            | Self::OverridePriority { reason, .. }
            | Self::TakeCommand { reason }
            | Self::DeclineCommand { reason }
            | Self::WithdrawTask { reason, .. }
            | Self::StrikeEntry { reason, .. }
            | Self::RedactEntry { reason, .. }
            | Self::Redact { reason, .. }
            | Self::Restrict { reason, .. }
            | Self::LiftRestriction { reason } => vec![("reason", reason)],
            Self::Together(commands) => commands.iter_mut().flat_map(Self::texts_mut).collect(),
            Self::AssignRole { .. }
            | Self::ReleaseRole { .. }
            | Self::AcknowledgeRole { .. }
            | Self::OfferCommand { .. }
            | Self::AcceptCommand
            | Self::WithdrawOffer
            | Self::UnderstandTask { .. }
            | Self::MoveEntry { .. }
            | Self::Merge { .. }
            | Self::Split
            | Self::TakeBack { .. }
            | Self::PublishSettings { .. } => Vec::new(),
        }
    }
}

impl Body {
    /// Each free text of what an event says, as an import writes it; an event that is there already is never changed.
    pub fn texts_mut(&mut self) -> Vec<(&'static str, &mut String)> {
        fn all<'a>(
            name: &'static str,
            texts: impl IntoIterator<Item = &'a mut String>,
        ) -> impl Iterator<Item = (&'static str, &'a mut String)> {
            texts.into_iter().map(move |text| (name, text))
        }
        match self {
            Self::IncidentDeclared(data) => {
                let services = all("service", &mut data.services);
                [("title", &mut data.title), ("summary", &mut data.summary)].into_iter().chain(services).collect()
            }
            Self::IncidentEdited(data) => {
                let words = all("title", &mut data.title).chain(all("summary", &mut data.summary));
                words.chain(all("service", data.services.iter_mut().flatten())).collect()
            }
            Self::EntryAdded(data) => {
                let rest = all("audience", &mut data.audience).chain(all("component", &mut data.components));
                [("text", &mut data.text)].into_iter().chain(rest).collect()
            }
            Self::EntryAmended(data) => {
                let words = all("text", &mut data.text).chain(all("audience", &mut data.audience));
                words.chain([("reason", &mut data.reason)]).collect()
            }
            Self::AlertFired(data) => {
                let labels = all("label", data.labels.values_mut());
                [("title", &mut data.title), ("summary", &mut data.summary), ("url", &mut data.url)].into_iter().chain(labels).collect()
            }
            Self::AlertUnreadable(data) => vec![("beginning", &mut data.beginning)],
            Self::TaskGiven(data) => vec![("text", &mut data.text)],
            Self::TaskDone(data) => vec![("result", &mut data.result)],
            Self::RoleOffered(data) => vec![("briefing", &mut data.briefing)],
            Self::IncidentRestricted(data) => vec![("reason", &mut data.reason)],
            Self::RestrictionLifted(data) => vec![("reason", &mut data.reason)],
            Self::StatusChanged(data) => vec![("reason", &mut data.reason)],
            Self::SeveritySet(data) => vec![("reason", &mut data.reason)],
            Self::ImpactAssessed(data) => vec![("reason", &mut data.reason)],
            Self::PriorityOverridden(data) => vec![("reason", &mut data.reason)],
            Self::RoleDeclined(data) => vec![("reason", &mut data.reason)],
            Self::RoleAssumed(data) => vec![("reason", &mut data.reason)],
            Self::TaskWithdrawn(data) => vec![("reason", &mut data.reason)],
            Self::EntryRetracted(data) => vec![("reason", &mut data.reason)],
            Self::EventRedacted(data) => vec![("reason", &mut data.reason)],
            Self::IncidentMerged(_)
            | Self::IncidentSplit(_)
            | Self::IncidentLinked(_)
            | Self::RoleAssigned(_)
            | Self::RoleReleased(_)
            | Self::RoleWithdrawn(_)
            | Self::RoleAccepted(_)
            | Self::RoleAcknowledged(_)
            | Self::TaskUnderstood(_)
            | Self::AlertResolved(_)
            | Self::KeyReplaced(_)
            | Self::SettingsPublished(_)
            | Self::Unknown { .. } => Vec::new(),
        }
    }
}
