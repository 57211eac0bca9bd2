//! The emergency summary as HTML sections, for pages of the server.
//!
//! Words come escaped; there is no script, style or link. The verdict is not shown here: a page states its own,
//! from fresh evidence, above these sections. Colour belongs to that verdict only: the CPR block is black and white.

use crate::summary::{CprShown, EmergencySummary, SummaryLine, Topic};

/// One `<section>` for each line but the status, in order.
#[must_use]
pub fn summary(summary: &EmergencySummary) -> String {
    let shown = summary
        .lines()
        .iter()
        .filter(|line| line.topic() != Topic::Status);
    shown.map(section).collect()
}

fn section(line: &SummaryLine) -> String {
    if line.headline().is_empty() && line.details().is_empty() {
        return String::new();
    }
    let class = class(line.topic());
    let label = escape(line.topic().label());
    let mut html = format!("<section class=\"summary {class}\" aria-labelledby=\"summary-{class}\">\n");
    html.push_str(&format!("<h2 id=\"summary-{class}\">{label}</h2>\n"));
    if !line.headline().is_empty() {
        html.push_str(&format!(
            "<p class=\"headline\">{}</p>\n",
            escape(line.headline())
        ));
    }
    for detail in line.details() {
        html.push_str(&format!("<p>{}</p>\n", escape(detail)));
    }
    html.push_str("</section>\n");
    html
}

const fn class(topic: Topic) -> &'static str {
    match topic {
        Topic::Status => "status",
        Topic::Notices => "notices",
        Topic::Who => "who",
        Topic::Cpr(CprShown::DoNotAttempt) => "cpr-dnacpr",
        Topic::Cpr(CprShown::Attempt) => "cpr-attempt",
        Topic::Cpr(CprShown::NoneRecorded) => "cpr-none",
        Topic::Cpr(CprShown::Modified) => "cpr-modified",
        Topic::Ceiling => "ceiling",
        Topic::Refusal => "refusal",
        Topic::Alerts => "alerts",
        Topic::Place => "place",
        Topic::Call => "call",
        Topic::Signed => "signed",
    }
}

/// Text for element content and quoted attributes; line breaks are kept as `<br>`.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push_str("<br>"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_the_words_stays_words() {
        assert_eq!(escape("<script>&\"'\n"), "&lt;script&gt;&amp;&quot;&#39;<br>");
    }
}
