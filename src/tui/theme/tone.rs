//! What a piece of text is, by the names theme files use.

macro_rules! tones {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// What a piece of text is. Names are those of the theme files.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Tone {
            $($(#[$doc])* $variant),+
        }

        impl Tone {
            /// Every tone.
            pub const ALL: &'static [Tone] = &[$(Tone::$variant),+];

            /// The name in theme files.
            pub fn name(self) -> &'static str {
                match self {
                    $(Tone::$variant => $name),+
                }
            }
        }
    };
}

tones! {
    /// What lies behind everything; without a colour it is the terminal's own.
    Ground = "ground",
    Text = "text",
    /// What people should read first.
    Strong = "strong",
    /// Second to text.
    Dim = "dim",
    /// Barely there: separators, the dot of an empty cell.
    Faint = "faint",
    Border = "border",
    BorderFocus = "border-focus",
    Title = "title",
    TitleFocus = "title-focus",
    Header = "header",
    Footer = "footer",
    /// A key in footer and help.
    KeyName = "key",
    /// The selected row where the hands are.
    Selection = "selection",
    /// The selected row of a pane the hands are not in.
    SelectionAway = "selection-away",
    P1 = "p1",
    P2 = "p2",
    P3 = "p3",
    P4 = "p4",
    P5 = "p5",
    PUnknown = "p-unknown",
    /// Acts now or something breaks.
    Alarm = "alarm",
    Warn = "warn",
    Good = "good",
    Info = "info",
    /// Text that a person in need of it will look for: `VACANT`, `OVERDUE`.
    Loud = "loud",
    Drill = "drill",
    /// Committed here, not yet accepted.
    Local = "local",
    Refused = "refused",
    Struck = "struck",
    Amended = "amended",
    Live = "live",
    Stale = "stale",
    /// What I wrote or hold.
    Mine = "mine",
    /// New or changed since it was last looked at.
    Fresh = "fresh",
    /// What the filter or search found.
    Match = "match",
    Link = "link",
    /// A list, form or page over the panes.
    Overlay = "overlay",
    OverlayBorder = "overlay-border",
    Field = "field",
    FieldFocus = "field-focus",
    Question = "question",
    KindObservation = "kind-observation",
    KindAction = "kind-action",
    KindDecision = "kind-decision",
    KindHypothesis = "kind-hypothesis",
    KindCommunication = "kind-communication",
    KindCommand = "kind-command",
    KindEvidence = "kind-evidence",
    KindValidation = "kind-validation",
    KindNote = "kind-note",
    /// Lines drawn from events nobody typed.
    KindEvent = "kind-event",
    KindAlert = "kind-alert",
}
