//! Tasks: given with a time-box, understood, done, withdrawn.

use crate::domain::Command;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::Task;
use crate::text::span;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::FormOf;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::overlays::pick::TaskAnswer;
use crate::tui::panes::roster;
use crate::tui::panes::roster::model::About;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::verbs::people;
use crate::tui::verbs::roles;

/// Who gets a task.
pub fn give(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let title = format!("Task in {}: for whom?", incident.code_text());
    people::list(model, ListOf::Assignee(incident.id), title, &incident)
}

/// What is to be done, and within what time.
pub fn form(of: FormOf, title: String) -> Form {
    let within = Field::new("Within", "10m, 1h30m, a time such as 14:30, or nothing for no time-box").with("15m");
    Form::new(of, title, vec![Field::new("Task", "what is to be done"), within])
}

/// Which task is answered: the selected one of the roles pane, else a list with mine first.
pub fn answer(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    if let Some(About::Task(task)) = roles::selected(model) {
        return answer_one(model, &incident, task);
    }
    let title = format!("Answer which task in {}", incident.code_text());
    let list = List::choices(ListOf::Tasks(incident.id), title, rows(model, &incident));
    model.open(Overlay::List(list.or_says("no task is open here; b gives one")))
}

/// The open tasks of an incident as lines.
pub fn rows(model: &Model, incident: &Incident) -> Vec<Row> {
    let mut tasks: Vec<_> = incident.tasks.iter().filter(|task| task.is_open()).collect();
    tasks.sort_by_key(|task| (task.person != *model.me(), task.due_at.is_none(), task.due_at));
    let row = |task: &&Task| {
        let (left, tone) = roster::view::left(task, model.now());
        Row::new(Pick::Task(task.id), task.text.clone()).lead(task.person.to_string()).note(left).tone(tone)
    };
    tasks.iter().map(row).collect()
}

/// What is answered to a task.
pub fn answer_one(model: &mut Model, incident: &Incident, id: EventId) -> Vec<Effect> {
    let Some(task) = incident.task(id) else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    if task.understood_at.is_none() {
        rows.push(Row::new(Pick::Answer(TaskAnswer::Understood), "understood"));
    }
    rows.push(Row::new(Pick::Answer(TaskAnswer::Done), "done, with what came of it"));
    rows.push(Row::new(Pick::Answer(TaskAnswer::Withdraw), "withdraw: no longer wanted"));
    let clock = |at| model.clockface.write(at, incident.opened_at, model.look.local, 5);
    let given = span::ago(task.given_at.millis(), model.now().millis());
    let answered = task.understood_at.map_or_else(|| "not answered yet".into(), |at| format!("understood {}", clock(at)));
    rows.push(Row::says(format!("{}: {}", task.person, task.text)).tone(Tone::Text));
    rows.push(Row::says(format!("given by {} {given}, {answered}", task.given_by)));
    let due = task.due_at.map_or_else(String::new, |due| format!(", due {}", clock(due)));
    let (left, tone) = roster::view::left(task, model.now());
    rows.push(Row::says(format!("{left}{due}")).tone(tone));
    model.open(Overlay::List(List::choices(ListOf::TaskAnswer(incident.id, id), "Answer the task", rows)))
}

/// Answers the selected task, or else my oldest one that waits for such an answer. "Understood" also answers to a role another gave me.
pub fn answer_selected(model: &mut Model, answer: TaskAnswer) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let me = model.me().clone();
    let is_first = answer == TaskAnswer::Understood;
    let waits = |task: &&Task| task.is_open() && task.person == me && !(is_first && task.understood_at.is_some());
    let selected = roles::selected(model);
    match selected {
        Some(About::Task(task)) => return tell(model, &incident, task, answer),
        Some(About::Holding(role, person)) if is_first && person == me => return roles::acknowledge(model, &incident, role),
        _ => {}
    }
    if let Some(task) = incident.tasks.iter().find(waits) {
        return tell(model, &incident, task.id, answer);
    }
    let given = roles::unacknowledged(&incident, &me).next().cloned().filter(|_| is_first);
    match given {
        Some(role) => roles::acknowledge(model, &incident, role),
        None => {
            model.say(format!("no task of yours in {} waits for that answer", incident.code_text()), Tone::Dim);
            Vec::new()
        }
    }
}

/// Gives an answer to a task, or asks for the words that go with it.
pub fn tell(model: &mut Model, incident: &Incident, id: EventId, answer: TaskAnswer) -> Vec<Effect> {
    let code = incident.code_text();
    match answer {
        TaskAnswer::Understood => verbs::give(model, incident, Command::UnderstandTask { task: id }, format!("{code}: understood")),
        TaskAnswer::Done => {
            let words = incident.task(id).map_or_else(String::new, |task| format!("{}: {}", task.person, task.text));
            let form =
                Form::new(FormOf::TaskResult(incident.id, id), "Done", vec![Field::new("Result", "what came of it; may stay empty")]);
            model.open(Overlay::Form(form.says(words, Tone::Dim)))
        }
        TaskAnswer::Withdraw => withdraw(model, incident, id),
    }
}

/// Takes a task back, with a reason if there is one.
pub fn withdraw(model: &mut Model, incident: &Incident, id: EventId) -> Vec<Effect> {
    let words = incident.task(id).map_or_else(String::new, |task| format!("{}: {}", task.person, task.text));
    let form = Form::new(FormOf::WithdrawReason(incident.id, id), "Withdraw a task", vec![Field::new("Reason", "may stay empty")]);
    model.open(Overlay::Form(form.says(words, Tone::Dim)))
}
