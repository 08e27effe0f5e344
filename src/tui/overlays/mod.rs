//! What lies over the panes, as a stack of values: the top one has the hands.

pub mod confirm;
pub mod form;
pub mod list;
mod list_view;
pub mod page;
pub mod panel;
pub mod pick;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::keymap::Place;
use crate::tui::look::Look;
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::list::List;
use crate::tui::overlays::page::Page;
use crate::tui::panes::matrix::assess;
use crate::tui::panes::matrix::model::Assess;

/// One thing over the panes.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "a handful lie on the stack, and none is moved in bulk")]
pub enum Overlay {
    List(List),
    Form(Form),
    Page(Page),
    Confirm(Confirm),
    Assess(Assess),
}

impl Overlay {
    /// Whose keys count while it is on top.
    pub fn place(&self) -> Place {
        match self {
            Overlay::List(_) => Place::List,
            Overlay::Form(_) => Place::Form,
            Overlay::Page(_) => Place::Page,
            Overlay::Confirm(_) => Place::Confirm,
            Overlay::Assess(_) => Place::Assess,
        }
    }

    /// Draws it; answers where the cursor stands, if one types in it. `scene` is what an assessment is drawn with.
    pub fn draw(&self, buffer: &mut Buffer, look: &Look, body: Rect, scene: Option<&assess::Scene<'_>>) -> Option<(u16, u16)> {
        match self {
            Overlay::List(list) => list.draw(buffer, look, body),
            Overlay::Form(form) => form.draw(buffer, look, body),
            Overlay::Page(page) => {
                page.draw(buffer, look, body);
                None
            }
            Overlay::Confirm(confirm) => {
                confirm.draw(buffer, look, body);
                None
            }
            Overlay::Assess(assess) => scene.and_then(|scene| assess::draw(assess, scene, buffer, body)),
        }
    }
}
