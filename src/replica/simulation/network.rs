//! The network of the simulation: it drops, delays, repeats and reorders, leaves streams half open, and cuts devices off. Answers are those of real
//! requests: what is lost is noticed by its time limit.

use crate::domain::IncidentId;
use crate::domain::Principal;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::Position;
use crate::replica::simulation::device::Device;
use crate::replica::simulation::world::World;
use crate::replica::standing::HistoryAsk;
use crate::replica::sync::Fail;
use crate::replica::sync::Input;
use crate::replica::sync::Met;
use crate::replica::sync::Output;
use crate::replica::sync::Place;
use crate::replica::sync::Probe;
use crate::replica::sync::Recalled;
use crate::replica::sync::Shown;
use crate::replica::sync::StreamItem;

/// After so long a request that nobody answers is given up.
const TIMEOUT_MS: u64 = 15_000;
const HEARTBEAT_MS: u64 = 15_000;

/// A question on its way to the server.
#[derive(Clone, Debug)]
pub enum Question {
    Me(Option<String>),
    Page(Place),
    Records(Vec<u64>),
    Probe(u64),
    Push(Vec<EventBytes>),
    Stream(Position),
    Base(u32),
    Heads(Option<IncidentId>),
    History(HistoryAsk),
}

/// A question with whom it comes from and where it goes.
#[derive(Clone, Debug)]
pub struct Request {
    pub device: usize,
    life: u64,
    /// Whose token it was asked with.
    pub who: Principal,
    ticket: u64,
    pub node: usize,
    pub question: Question,
}

/// What is on its way, or due.
#[derive(Clone, Debug)]
pub enum Parcel {
    Request {
        request: Request,
        answered: bool,
    },
    Answer {
        device: usize,
        life: u64,
        input: Input,
    },
    /// Something by a stream: within one nothing overtakes, it is one connection.
    Item {
        stream: u64,
        item: StreamItem,
    },
    Heartbeat(u64),
    /// A node follows what the others wrote.
    Follow(usize),
}

/// A stream as its node sees it.
pub struct Stream {
    pub device: usize,
    pub node: usize,
    who: Principal,
    ticket: u64,
    sent: u64,
    epoch: u64,
    last_ms: u64,
    /// Nothing comes through any more, and nobody says so.
    is_silent: bool,
}

impl World {
    pub fn post(&mut self, parcel: Parcel, after_ms: u64) {
        self.posted += 1;
        self.parcels.insert((self.now_ms + after_ms, self.posted), parcel);
    }

    fn travel_ms(&mut self) -> u64 {
        if self.faults && self.dice.one_in(12) { self.dice.below(20_000) } else { 1 + self.dice.below(60) }
    }

    fn is_cut(&self, device: usize) -> bool {
        self.now_ms < self.devices[device].cut_until_ms
    }

    /// Takes an order of a machine: questions go out, deeds wait for their turn.
    pub fn order(&mut self, at: usize, output: Output) {
        match output {
            Output::AskMe { ticket, seen } => self.ask(at, ticket, Question::Me(seen)),
            Output::AskPage { ticket, after } => self.ask(at, ticket, Question::Page(after)),
            Output::AskRecords { ticket, places } => self.ask(at, ticket, Question::Records(places)),
            Output::Probe { ticket, seq } => self.ask(at, ticket, Question::Probe(seq)),
            Output::Push { ticket, events } => self.ask(at, ticket, Question::Push(events)),
            Output::OpenStream { ticket, position } => self.ask(at, ticket, Question::Stream(position)),
            Output::AskBase { ticket, days } => self.ask(at, ticket, Question::Base(days)),
            Output::AskHeads { ticket, after } => self.ask(at, ticket, Question::Heads(after)),
            Output::AskHistory { ticket, ask } => self.ask(at, ticket, Question::History(ask)),
            Output::CloseStream => {
                if let Some(stream) = self.devices[at].stream.take() {
                    self.streams.remove(&stream);
                }
            }
            Output::Show(Shown::Refused { why }) => self.hear_refused(at, &why),
            Output::Show(_) | Output::Report(_) | Output::See(_) => {}
            Output::Finished(_) => panic!("an exchange that stays does not finish"),
            act => self.devices[at].acts.push_back(act),
        }
    }

    fn ask(&mut self, device: usize, ticket: u64, question: Question) {
        if self.dice.one_in(4) {
            self.devices[device].node = self.dice.below(self.nodes.len() as u64) as usize;
        }
        let Device { life, node, who, .. } = &self.devices[device];
        let request = Request { device, life: *life, who: who.clone(), ticket, node: *node, question };
        let (lost, repeated) = (self.faults && self.dice.one_in(14), self.faults && self.dice.one_in(15));
        if lost || self.is_cut(device) {
            return self.fail(&request);
        }
        let after_ms = self.travel_ms();
        if repeated {
            // A proxy that sends a question twice: only one answer is heard.
            let again_ms = after_ms + self.travel_ms();
            self.post(Parcel::Request { request: request.clone(), answered: false }, again_ms);
        }
        self.post(Parcel::Request { request, answered: true }, after_ms);
    }

    fn fail(&mut self, request: &Request) {
        let (fail, after_ms) = match self.dice.below(4) {
            0 => (Fail::Busy { why: "503".into(), retry_after_ms: Some(self.dice.below(5_000)) }, 20),
            1 => (Fail::Unreachable("connection refused".into()), 1),
            _ => (Fail::Unreachable("no answer in time".into()), TIMEOUT_MS),
        };
        self.reply(request, failed(request.ticket, &request.question, fail), after_ms);
    }

    fn reply(&mut self, request: &Request, input: Input, after_ms: u64) {
        self.post(Parcel::Answer { device: request.device, life: request.life, input }, after_ms);
    }

    /// What a node answers, if it is up; the answer may still be lost.
    fn serve(&mut self, request: &Request, answered: bool) {
        let Request { device, life, node, .. } = *request;
        self.tell(|_| format!("node {node} is asked by device {device}: {:?}", request.question));
        if !self.nodes[node].up {
            return if answered {
                self.fail(request)
            };
        }
        if self.now_ms < self.devices[device].revoked_until_ms {
            let refused = failed(request.ticket, &request.question, Fail::LockedOut("this token is not accepted".into()));
            return if answered {
                self.reply(request, refused, 1)
            };
        }
        if let Question::Stream(position) = request.question {
            return if answered && self.devices[device].life == life {
                self.open_stream(request, position)
            };
        }
        let input = self.answer(request);
        let input = self.twist(request, input);
        if !answered {
            return;
        }
        if self.faults && self.dice.one_in(14) {
            return self.fail(request);
        }
        let after_ms = self.travel_ms();
        self.reply(request, input, after_ms);
    }

    fn answer(&mut self, request: &Request) -> Input {
        let Request { device, ref who, ticket, node: place, ref question, .. } = *request;
        let now = self.node_wall(place);
        let (node, log) = (&mut self.nodes[place], &mut self.log);
        match question {
            Question::Me(seen) => {
                let me = node.me(log, who, now);
                let recalled = seen.clone().map(|shown| Recalled { answer: node.witness(log, &shown), shown });
                Input::Met { ticket, answer: Ok(Met { me, round_trip_ms: 5, skew_ms: 0, recalled }) }
            }
            Question::Page(at) => Input::Page { ticket, answer: node.page(log, who, at, now) },
            Question::Records(places) => Input::Records { ticket, answer: Ok(node.records(log, who, places, now)) },
            Question::Push(events) => {
                for event in events {
                    self.history.was_sent(event, who);
                }
                let pushed = node.push(log, who, events, now);
                self.forward(place);
                Input::Pushed { ticket, answer: Ok(pushed) }
            }
            Question::Base(days) => Input::Based { ticket, answer: Ok(Some(node.base(log, *days, now))) },
            Question::Heads(after) => Input::Heads { ticket, answer: Ok(node.heads(log, who, *after, now)) },
            Question::History(ask) => {
                self.tally.fetched += 1;
                Input::History { ticket, ask: *ask, answer: Ok(node.history(log, who, *ask, now)) }
            }
            Question::Probe(0) => Input::Probed { ticket, answer: Ok(Probe { seq: 0, same: true, head: node.position(log) }) },
            Question::Probe(seq) => {
                let page = node.record(log, who, *seq, now);
                let theirs = page.records.first().map(|pair| pair.record.get());
                let same = theirs.is_some_and(|theirs| self.devices[device].local.has_record(*seq, theirs).expect("a look"));
                Input::Probed { ticket, answer: Ok(Probe { seq: *seq, same, head: page.head.position }) }
            }
            Question::Stream(_) => unreachable!("streams are opened"),
        }
    }

    fn open_stream(&mut self, request: &Request, position: Position) {
        let Request { device, ref who, ticket, node, .. } = *request;
        let known = self.nodes[node].knows(&self.log, &Place::from(position));
        self.posted += 1;
        let id = self.posted;
        let (sent, epoch, last_ms) = (position.seq, position.epoch, self.now_ms);
        if let Some(before) = self.devices[device].stream.replace(id) {
            self.streams.remove(&before);
        }
        self.streams.insert(id, Stream { device, node, who: who.clone(), ticket, sent, epoch, last_ms, is_silent: false });
        self.send(id, StreamItem::Opened);
        if known {
            self.feed_stream(id);
            self.post(Parcel::Heartbeat(id), HEARTBEAT_MS);
        } else {
            self.send(id, StreamItem::Resync);
        }
    }

    fn send(&mut self, id: u64, item: StreamItem) {
        let after_ms = 1 + self.dice.below(if self.faults { 40 } else { 5 });
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.last_ms = stream.last_ms.max(self.now_ms + after_ms);
        let wait_ms = stream.last_ms - self.now_ms;
        self.post(Parcel::Item { stream: id, item }, wait_ms);
    }

    /// Sends a stream what its node knows and it has not been sent.
    fn feed_stream(&mut self, id: u64) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let place = stream.node;
        let node = &self.nodes[place];
        if stream.epoch != node.epoch {
            return self.send(id, StreamItem::Resync);
        }
        let who = &stream.who;
        let fresh: Vec<_> = (stream.sent + 1..).map_while(|seq| node.pair(&self.log, who, seq)).collect();
        stream.sent += fresh.len() as u64;
        let head = node.head(&self.log, self.node_wall(place));
        for item in fresh.into_iter().map(StreamItem::Record).chain([StreamItem::Head(head)]) {
            self.send(id, item);
        }
        match self.dice.below(if self.faults { 60 } else { u64::MAX }) {
            0 => self.end_stream(id, Fail::Unreachable("the stream broke".into())),
            1 => self.silence(id),
            // Too slow a reader is told to start again.
            2 => self.send(id, StreamItem::Resync),
            _ => {}
        }
    }

    fn silence(&mut self, id: u64) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.is_silent = true;
        }
    }

    pub fn end_stream(&mut self, id: u64, fail: Fail) {
        self.send(id, StreamItem::Ended(fail));
    }

    /// What a node knows now goes to all who listen there.
    pub fn forward(&mut self, node: usize) {
        let listening: Vec<u64> = self.streams.iter().filter(|(_, stream)| stream.node == node).map(|(id, _)| *id).collect();
        for id in listening {
            self.feed_stream(id);
        }
    }

    fn node_wall(&self, node: usize) -> Timestamp {
        self.true_wall().plus_ms(self.nodes[node].skew_ms)
    }

    pub fn deliver(&mut self, parcel: Parcel) {
        match parcel {
            Parcel::Request { request, answered } if self.is_cut(request.device) => {
                if answered {
                    self.fail(&request);
                }
            }
            Parcel::Request { request, answered } => self.serve(&request, answered),
            Parcel::Answer { device, life, input } if life == self.devices[device].life => {
                let lost = self.is_cut(device);
                let input = if lost { lost_on_the_way(input) } else { input };
                self.feed(device, input);
            }
            Parcel::Answer { .. } => {}
            Parcel::Item { stream, item } => {
                let Some(open) = self.streams.get(&stream) else { return };
                let (device, ticket) = (open.device, open.ticket);
                if open.is_silent || self.is_cut(device) {
                    return self.silence(stream);
                }
                if matches!(item, StreamItem::Ended(_) | StreamItem::Resync) {
                    self.streams.remove(&stream);
                    self.devices[device].stream = None;
                }
                self.feed(device, Input::Stream { ticket, item });
            }
            Parcel::Heartbeat(id) => {
                let Some(stream) = self.streams.get(&id) else { return };
                let revoked = self.now_ms < self.devices[stream.device].revoked_until_ms;
                if revoked {
                    return self.end_stream(id, Fail::Unreachable("the server closed the stream".into()));
                }
                self.feed_stream(id);
                self.post(Parcel::Heartbeat(id), HEARTBEAT_MS);
            }
            Parcel::Follow(node) => {
                if self.nodes[node].up && self.nodes[node].follow(&self.log) {
                    self.forward(node);
                }
                let often_ms = if self.dice.one_in(3) { 20_000 } else { 800 };
                let again_ms = if self.faults { 1 + self.dice.below(often_ms) } else { 500 };
                self.post(Parcel::Follow(node), again_ms);
            }
        }
    }
}

fn failed(ticket: u64, question: &Question, fail: Fail) -> Input {
    match question {
        Question::Me(_) => Input::Met { ticket, answer: Err(fail) },
        Question::Page(_) => Input::Page { ticket, answer: Err(fail) },
        Question::Records(_) => Input::Records { ticket, answer: Err(fail) },
        Question::Probe(_) => Input::Probed { ticket, answer: Err(fail) },
        Question::Push(_) => Input::Pushed { ticket, answer: Err(fail) },
        Question::Stream(_) => Input::Stream { ticket, item: StreamItem::Ended(fail) },
        Question::Base(_) => Input::Based { ticket, answer: Err(fail) },
        Question::Heads(_) => Input::Heads { ticket, answer: Err(fail) },
        Question::History(ask) => Input::History { ticket, ask: *ask, answer: Err(fail) },
    }
}

fn lost_on_the_way(input: Input) -> Input {
    let fail = || Fail::Unreachable("no answer in time".into());
    match input {
        Input::Met { ticket, .. } => Input::Met { ticket, answer: Err(fail()) },
        Input::Page { ticket, .. } => Input::Page { ticket, answer: Err(fail()) },
        Input::Records { ticket, .. } => Input::Records { ticket, answer: Err(fail()) },
        Input::Probed { ticket, .. } => Input::Probed { ticket, answer: Err(fail()) },
        Input::Pushed { ticket, .. } => Input::Pushed { ticket, answer: Err(fail()) },
        Input::Based { ticket, .. } => Input::Based { ticket, answer: Err(fail()) },
        Input::Heads { ticket, .. } => Input::Heads { ticket, answer: Err(fail()) },
        Input::History { ticket, ask, .. } => Input::History { ticket, ask, answer: Err(fail()) },
        other => other,
    }
}
