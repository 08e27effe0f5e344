//! The record of an incident as a page: well formed, closed in itself, readable in both lights, and never markup by somebody else's words.

use crate::report::eventful;
use crate::report::subject;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use warroom::report::Document;
use warroom::report::SHIPPED;
use warroom::report::Style;
use warroom::report::Templates;

/// What a strict reader finds in a page.
#[derive(Default)]
struct Page {
    /// The names of elements, in the order in which they begin.
    elements: Vec<String>,
    ids: Vec<String>,
    /// Where links lead.
    links: Vec<String>,
    /// The text outside of tags.
    text: String,
}

/// Elements that have no end.
const EMPTY: &[&str] = &["meta"];

impl Page {
    /// Reads a page as strictly as XML is read: every element ends, every attribute is quoted, every `&` begins an entity.
    fn read(html: &str) -> Self {
        let mut page = Self::default();
        let mut open: Vec<String> = Vec::new();
        let mut rest = html.strip_prefix("<!DOCTYPE html>").expect("a doctype first");
        while let Some(at) = rest.find('<') {
            page.take_text(&rest[..at]);
            let end = at + rest[at..].find('>').expect("a tag ends");
            let tag = &rest[at + 1..end];
            rest = &rest[end + 1..];
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(name), "ends what began last");
                continue;
            }
            let (tag, is_closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let name = tag.split_whitespace().next().expect("a name");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{tag}");
            page.elements.push(name.to_owned());
            page.take_attributes(&tag[name.len()..]);
            if name == "style" {
                let end = rest.find("</style>").expect("the style ends");
                assert!(!rest[..end].contains("url(") && !rest[..end].contains("@import"), "a style that fetches nothing");
                rest = &rest[end..];
            }
            if !is_closed && !EMPTY.contains(&name) {
                open.push(name.to_owned());
            }
        }
        page.take_text(rest);
        assert!(open.is_empty(), "{open:?} never ended");
        page
    }

    fn take_text(&mut self, text: &str) {
        for part in text.split('&').skip(1) {
            let entity = part.split(';').next().expect("a part");
            assert!(["amp", "lt", "gt", "quot", "#39"].contains(&entity), "&{part}");
        }
        self.text.push_str(text);
    }

    fn take_attributes(&mut self, attributes: &str) {
        let mut rest = attributes.trim_start();
        while !rest.is_empty() {
            let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("a quoted attribute: {rest}"));
            let (value, after) = after.split_once('"').expect("a closed attribute");
            assert!(!name.starts_with("on") && !["src", "srcset", "style"].contains(&name), "{name} acts");
            match name {
                "id" => self.ids.push(value.to_owned()),
                "href" => self.links.push(value.to_owned()),
                _ => {}
            }
            rest = after.trim_start();
        }
    }
}

fn page(words: &str) -> String {
    let (story, id) = eventful(words);
    Document::of(&subject(&story, id)).write(Style::Html, &Templates::default()).expect("a page")
}

#[test]
fn the_page_is_well_formed_and_needs_nothing_else() {
    let html = page("");
    let page = Page::read(&html);
    let ids: BTreeSet<&str> = page.ids.iter().map(String::as_str).collect();
    assert_eq!(ids.len(), page.ids.len(), "every id once");
    for link in &page.links {
        let place = link.strip_prefix('#').unwrap_or_else(|| panic!("{link} leads away"));
        assert!(ids.contains(place), "{link} leads nowhere");
    }
    for element in ["script", "img", "link", "iframe", "object", "form", "base"] {
        assert!(!page.elements.iter().any(|name| name == element), "{element}");
    }
    assert!(html.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\"") && html.contains("<html lang=\"en\">"));
    assert_eq!(page.elements.iter().filter(|name| *name == "h1").count(), 1);
    assert!(page.elements.iter().filter(|name| *name == "svg").count() == 2 && html.matches("<th scope=").count() > 30);
    for says in [
        "paused both withdrawers",
        "amended at 12:00:08.000 by bo (there are two); before: action paused the withdrawer",
        "struck",
        "mistake",
    ] {
        assert!(page.text.contains(says), "{says}");
    }
}

#[test]
fn hostile_words_are_words() {
    let plain = Page::read(&page("x"));
    for words in [
        "<script>alert(1)</script>",
        "\" onload=\"x",
        "&lt;b>",
        "</style></title>",
        "{{ 7 * 7 }}",
        "\u{202e}\u{1b}[2J\u{7}",
        "'><svg/onload=x>",
    ] {
        let html = page(words);
        let page = Page::read(&html);
        assert_eq!(page.elements, plain.elements, "{words} changes the page");
        assert!(!html.chars().any(|c| c != '\n' && warroom::text::acts_or_hides(c)), "{words:?}");
        assert!(!page.text.contains("49"), "no template in words");
    }
}

#[test]
fn every_word_has_contrast_in_both_lights_and_on_paper() {
    let style = SHIPPED.iter().find(|(name, _)| *name == "style.css.j2").expect("the style").1;
    let lights: Vec<&str> = style.split(":root {").skip(1).map(|part| part.split('}').next().expect("a block")).collect();
    assert_eq!(lights.len(), 3, "light, dark and print");
    for light in lights {
        let colours: BTreeMap<&str, u32> = light
            .split(';')
            .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"))
            .map(|(name, hex)| (name, u32::from_str_radix(hex, 16).expect("a colour")))
            .collect();
        let on = |ink: &str, paper: &str| {
            let ratio = contrast(colours[ink], colours[paper]);
            assert!(ratio >= 4.5, "{ink} on {paper}: {ratio:.2}");
        };
        let inks = ["ink", "muted", "link", "p1", "p2", "p3", "p4", "p5"].into_iter();
        let marks = colours.keys().copied().filter(|name| name.starts_with("mark"));
        inks.chain(marks).for_each(|ink| on(ink, "paper"));
        ["ink", "muted", "p1"].into_iter().for_each(|ink| on(ink, "wash"));
        colours.keys().copied().filter(|name| name.starts_with("fill-")).for_each(|fill| on("ink", fill));
    }
}

/// The contrast of two colours as WCAG 2 defines it, 1 to 21.
fn contrast(one: u32, other: u32) -> f64 {
    let light = |colour: u32| {
        let part = |shift: u32| {
            let share = f64::from(colour >> shift & 0xff) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
    };
    let (one, other) = (light(one), light(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}
