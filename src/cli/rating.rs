//! Where it stands and how bad it is: status, severity, assess.

use crate::cli::desk::Acted;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::output::Paint;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::cli::table::Table;
use crate::cli::vocabulary;
use crate::domain::Command;
use crate::domain::Dimension;
use crate::domain::Matrix;
use crate::domain::Priority;
use crate::domain::Score;
use crate::domain::Severity;
use crate::domain::Status;
use crate::report;
use crate::text::Safe;
use crate::text::clock;
use crate::text::money;
use clap::Args;
use std::collections::BTreeMap;

/// Change the status.
#[derive(Args, Debug)]
pub struct SetStatus {
    /// The new one
    #[arg(value_parser = vocabulary::status_to_set(), ignore_case = true)]
    status: Status,
    /// Why; needed to reopen, to decline, and to resolve without a validation
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

impl SetStatus {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        Desk::open(session)?.act_here(Command::SetStatus { status: self.status, reason: self.reason })
    }
}

/// Say how bad it is by one digit: 1 (worst) to 5.
#[derive(Args, Debug)]
pub struct SetSeverity {
    /// 1 (worst) to 5
    severity: Severity,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

impl SetSeverity {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let incident = desk.incident(None)?;
        let acted = desk.act(incident.id, Command::SetSeverity { severity: self.severity, reason: self.reason })?;
        say_rated(&acted, session)
    }
}

/// Score dimensions: money_at_risk=3 custody=4 spread=-.
///
/// DIM is an id, a short name or a unique beginning: money_at_risk, money_per_minute, custody, service, users, regulatory, sentiment, spread,
/// time_to_harm, recovery, workaround, or one of your organisation's matrix. LEVEL is a digit, `-` for unknown, or for money an amount:
/// money_at_risk=250k. A `$` needs quotes in a shell: 'money_at_risk=$250k'. A level that does not exist is answered with what each one means.
#[derive(Args, Debug)]
pub struct Assess {
    /// Such as money_at_risk=3, custody=-, spread=2
    #[arg(required = true, value_name = "DIM=LEVEL")]
    scores: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

impl Assess {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let incident = desk.incident(None)?;
        let matrix = desk.snapshot().board.org.matrix.clone();
        let scores = self.scores.iter().map(|typed| read_score(&matrix, typed)).collect::<Result<BTreeMap<_, _>, _>>()?;
        let acted = desk.act(incident.id, Command::Assess { scores, reason: self.reason })?;
        say_rated(&acted, session)
    }
}

/// Set the priority against the matrix, or give it back.
#[derive(Args, Debug)]
pub struct Override {
    /// P1 to P5, or `none` to give it back to the matrix
    priority: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Override {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let priority = match self.priority.as_str() {
            "none" | "-" => None,
            typed => Some(typed.parse::<Priority>().map_err(|why| Failure::Usage(format!("{why}, or `none` to give it back")))?),
        };
        let desk = Desk::open(session)?;
        let incident = desk.incident(None)?;
        let acted = desk.act(incident.id, Command::OverridePriority { priority, reason: self.reason })?;
        say_rated(&acted, session)
    }
}

/// How the priority moved, with who, when and why.
///
/// Every change of the rating, and every step that growing loss took by itself.
#[derive(Args, Debug)]
pub struct Ratings {
    /// The incident
    #[arg(value_name = "INC")]
    named: Option<String>,
}

impl Ratings {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let incident = desk.incident(self.named.as_deref())?;
        let steps = report::ratings(&incident, &desk.snapshot().board.org.matrix, now());
        let label = |priority: Option<Priority>| priority.map_or_else(|| "P?".to_owned(), |priority| priority.to_string());
        let output = &session.output;
        let mut table = Table::new(output, &["AT", "BY", "WAS", "IS", "WHAT", "WHY"], WHY_CELLS);
        for step in &steps {
            let by = step.by.as_ref().map_or("", |person| person.as_str());
            if output.json {
                output.object_of(&incident, report::rating_json(step))?;
                continue;
            }
            let (at, was, is) = (clock::clock_s(step.at.millis(), session.zone), label(step.before), label(step.priority));
            table.row([&at, by, &was, &is, &step.what, &step.why].map(|words| (words, Paint::Plain)));
        }
        table.lines(output).iter().filter(|_| !table.is_empty()).try_for_each(|line| output.line(line))
    }
}

const WHY_CELLS: usize = 60;

fn say_rated(acted: &Acted, session: &Session) -> Result<(), Failure> {
    acted.say_incident(session)?;
    if !session.output.json {
        let rating = acted.snapshot.board.org.matrix.rate(&acted.incident.assessment, now());
        session.output.line(Safe::line(&rating.reason))?;
    }
    Ok(())
}

/// Reads `money_at_risk=3`, `keys=-` or `money_per_minute=$5k`.
fn read_score(matrix: &Matrix, typed: &str) -> Result<(String, Score), Failure> {
    let shown = Safe::clipped(typed, 60);
    let Some((name, level)) = typed.split_once('=') else {
        return Err(Failure::Usage(format!("`{shown}` is not DIM=LEVEL; write it as in money_at_risk=3 or custody=-")));
    };
    let Some(dimension) = matrix.dimension(name) else {
        let known: Vec<_> = matrix.dimensions.iter().map(|dimension| dimension.id.as_str()).collect();
        return Err(Failure::Usage(format!(
            "`{}` is not a dimension, or several begin so; dimensions are {}",
            Safe::clipped(name, 60),
            known.join(", ")
        )));
    };
    let score = read_level(dimension, level).ok_or_else(|| {
        let money = if dimension.in_money() { ", or an amount such as 250k (a `$` needs quotes in a shell: '$250k')" } else { "" };
        let levels: Vec<_> =
            dimension.levels.iter().enumerate().map(|(level, anchor)| format!("  {level}  {}", Safe::line(&anchor.words))).collect();
        Failure::Usage(format!(
            "`{shown}`: expected a level from 0 to {}, `-` for unknown{money}\n{}",
            dimension.highest(),
            levels.join("\n")
        ))
    })?;
    Ok((dimension.id.clone(), score))
}

fn read_level(dimension: &Dimension, typed: &str) -> Option<Score> {
    if matches!(typed, "-" | "?" | "unknown") {
        return Some(Score::default());
    }
    if let (1, Ok(level)) = (typed.len(), typed.parse::<u8>()) {
        return (level <= dimension.highest()).then_some(Score { level: Some(level), amount_usd: None });
    }
    let amount_usd = dimension.in_money().then(|| money::read(typed)).flatten()?;
    Some(Score { level: Some(dimension.level_for(amount_usd)), amount_usd: Some(amount_usd) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::builtin_org;

    #[test]
    fn levels_amounts_and_unknown_are_read() {
        let matrix = builtin_org().matrix;
        let read = |typed| read_score(&matrix, typed).unwrap();
        assert_eq!(read("money_at_risk=3"), ("money_at_risk".into(), Score { level: Some(3), amount_usd: None }));
        assert_eq!(read("loss=$250k"), ("money_at_risk".into(), Score { level: Some(3), amount_usd: Some(250_000) }));
        assert_eq!(read("money_per_minute=5k").1.amount_usd, Some(5_000));
        assert_eq!(read("money_at=1.25M").1.amount_usd, Some(1_250_000));
        assert_eq!(read("cus=-"), ("custody".into(), Score::default()));
        for bad in
            ["custody", "custody=9", "custody=5k", "money=3", "loss=k", "loss=-3", "loss=99999999999999999999", "x=1", "loss=1.", "loss=é"]
        {
            assert_eq!(read_score(&matrix, bad).unwrap_err().exit_code(), 2, "{bad}");
        }
    }
}
