//! What a key can mean. Names are those of `assets/keymap.toml`.

/// Declares [`Intent`] with its name in the key map, so that neither can miss the other.
macro_rules! intents {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// What a person wants when a key is pressed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Intent {
            $($(#[$doc])* $variant),+
        }

        impl Intent {
            /// Every intent, in the order of help.
            pub const ALL: &'static [Intent] = &[$(Intent::$variant),+];

            /// The name in the key map.
            pub fn name(self) -> &'static str {
                match self {
                    $(Intent::$variant => $name),+
                }
            }
        }
    };
}

intents! {
    Down = "down",
    Up = "up",
    Top = "top",
    Bottom = "bottom",
    PageDown = "page-down",
    PageUp = "page-up",
    HalfDown = "half-down",
    HalfUp = "half-up",
    Left = "left",
    Right = "right",
    PaneIncidents = "pane-incidents",
    PaneTimeline = "pane-timeline",
    PaneMatrix = "pane-matrix",
    PaneRoles = "pane-roles",
    NextPane = "next-pane",
    PreviousPane = "previous-pane",
    Zoom = "zoom",
    Open = "open",
    Back = "back",
    LastView = "last-view",
    NextIncident = "next-incident",
    PreviousIncident = "previous-incident",
    Write = "write",
    Declare = "declare",
    Status = "status",
    Assess = "assess",
    Ratings = "ratings",
    Handovers = "handovers",
    Understood = "understood",
    Done = "done",
    Assign = "assign",
    Release = "release",
    TakeCommand = "take-command",
    Offer = "offer",
    Accept = "accept",
    Decline = "decline",
    Brief = "brief",
    GiveTask = "give-task",
    AnswerTask = "answer-task",
    Edit = "edit",
    Merge = "merge",
    Undo = "undo",
    Amend = "amend",
    Strike = "strike",
    Redact = "redact",
    Reply = "reply",
    Retime = "re-time",
    History = "history",
    NextEntry = "next-entry",
    PreviousEntry = "previous-entry",
    Follow = "follow-link",
    MergeVersions = "merge-versions",
    KeepVersion = "keep-version",
    TakeVersion = "take-version",
    GoToTime = "go-to-time",
    Narrow = "show-only",
    OnlyKind = "only-this-kind",
    OnlyPerson = "only-this-person",
    OnlyRole = "only-this-role",
    OnlyComponent = "only-this-component",
    ClearFilter = "clear-filter",
    Mark = "mark",
    MarkRange = "mark-range",
    MarkAll = "mark-all",
    ClearMarks = "clear-marks",
    Sort = "sort",
    SaveView = "save-view",
    Split = "split",
    Reopen = "reopen",
    Restrict = "restrict",
    Unrestrict = "unrestrict",
    Filter = "filter",
    NextMatch = "next-match",
    PreviousMatch = "previous-match",
    Views = "views",
    Search = "search",
    Attention = "attention",
    Palette = "palette",
    Help = "help",
    Log = "log",
    Times = "times",
    Present = "present",
    Theme = "theme",
    Sound = "sound",
    Mouse = "mouse",
    Copy = "copy",
    Export = "export",
    Redraw = "redraw",
    Suspend = "suspend",
    Quit = "quit",
    Yes = "yes",
    No = "no",
    Choose = "choose",
    NextField = "next-field",
    PreviousField = "previous-field",
    Submit = "submit",
    NewLine = "new-line",
    Redo = "redo",
    Editor = "editor",
    SendDirect = "send-direct",
    Earlier = "earlier",
    Later = "later",
    Drafts = "drafts",
}

impl Intent {
    /// Reads a name of the key map.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|intent| intent.name() == name)
    }
}
