//! Who may see the incident in hand: some, or everyone again.

use crate::domain::Command;
use crate::domain::Org;
use crate::domain::Person;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::pick::FormOf;
use crate::tui::theme::Tone;
use crate::tui::verbs;

/// Asks for the people and roles.
pub fn restrict(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let named = incident.readers.value.clone().unwrap_or_default();
    let people: Vec<&str> = named.people.iter().map(Person::as_str).collect();
    let roles: Vec<&str> = named.roles.iter().map(|role| model.org().role_short(role)).collect();
    let fields = vec![
        Field::new("People", "who may see it, with blanks between; `me` is you").with(people.join(" ")),
        Field::new("Roles", "whoever holds one of these; the commander always sees it").with(roles.join(" ")),
        Field::new("Why", "for the record, if you like"),
    ];
    let form = Form::new(FormOf::Restrict(incident.id), format!("Restrict {}", incident.code_text()), fields);
    let form = form.says("To everyone else it does not exist: not here, not in searches, not in their copies.", Tone::Warn);
    model.open(Overlay::Form(form))
}

/// The command a filled-in restriction becomes.
///
/// # Errors
/// Which word is no role or no name.
pub fn restriction(org: &Org, me: &Person, form: &Form) -> Result<Command, String> {
    let words = |place: usize| form.text(place).split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let person = |word: String| {
        let person = if word == "me" { me.clone() } else { Person::new(word.trim_start_matches('@')) };
        person.check().map(|()| person)
    };
    let role = |word: String| {
        let known = || org.roles.iter().map(|role| role.short.as_str()).collect::<Vec<_>>().join(", ");
        org.role(&word).map(|role| role.id.clone()).ok_or_else(|| format!("`{word}` is not a role; roles are {}", known()))
    };
    Ok(Command::Restrict {
        people: words(0).into_iter().map(person).collect::<Result<_, _>>()?,
        roles: words(1).into_iter().map(role).collect::<Result<_, _>>()?,
        reason: form.text(2).to_owned(),
    })
}

/// Asks before everyone sees it again: nobody can be made to forget.
pub fn unrestrict(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    if incident.readers.value.is_none() {
        model.say(format!("{} is open to everyone", incident.code_text()), Tone::Dim);
        return Vec::new();
    }
    let question = format!("Let everyone see {}?", model.name_of(incident.id));
    let means = "All that was written in it goes to everyone's copy, and cannot be called back.";
    verbs::confirm(model, question, means, &incident, Command::LiftRestriction { reason: String::new() })
}
