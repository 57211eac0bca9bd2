//! How names, numbers and places are written on the page: once, for paper and screen.

use planseal::plan::clinical::{Allergies, AllergyState, PreferredPlace};
use planseal::plan::contacts::Contact;
use planseal::plan::person::{Address, Author, Name, Person};
use planseal::plan::printable::is_printable;
use planseal::time::Date;

/// `SMITH, John`: the family name in capitals and first, as the patient banner of clinical documents has it.
pub(crate) fn banner_name(name: &Name) -> String {
    let given: Vec<&str> = name.given().iter().map(|given| given.as_str()).collect();
    format!("{}, {}", capitals(name.family()), given.join(" "))
}

/// The banner name for the foot of each page: given names after the first are left out, and a name longer than
/// 60 characters ends in an ellipsis. The whole name stands on page 1.
pub(crate) fn foot_name(name: &Name) -> String {
    let given = name
        .given()
        .first()
        .map(|given| given.as_str())
        .unwrap_or_default();
    let words = format!("{}, {given}", capitals(name.family()));
    match words.char_indices().nth(60) {
        Some((end, _)) => format!("{}\u{2026}", &words[..end]),
        None => words,
    }
}

/// In capitals, in the manner of each script: Greek drops its accents, Georgian is written without capitals, and
/// scripts that have no capitals stay as they are. A letter whose capital no font draws stays too.
fn capitals(words: &str) -> String {
    let mut capitals = String::new();
    for letter in words.chars() {
        match letter {
            'ά' => capitals.push('Α'),
            'έ' => capitals.push('Ε'),
            'ή' => capitals.push('Η'),
            'ί' => capitals.push('Ι'),
            'ό' => capitals.push('Ο'),
            'ύ' => capitals.push('Υ'),
            'ώ' => capitals.push('Ω'),
            'ΐ' => capitals.push('Ϊ'),
            'ΰ' => capitals.push('Ϋ'),
            '\u{10D0}'..='\u{10FF}' => capitals.push(letter),
            _ if letter.to_uppercase().all(is_printable) => capitals.extend(letter.to_uppercase()),
            _ => capitals.push(letter),
        }
    }
    capitals
}

/// `01-Feb-1940 (86y)`.
pub(crate) fn born(person: &Person, on: Date) -> String {
    format!("{} ({}y)", person.date_of_birth().day(), person.age_on(on))
}

/// `999 000 0018`, or why there is none.
pub(crate) fn nhs_number(person: &Person) -> String {
    match (person.nhs_number(), person.nhs_number_absent()) {
        (Some(number), _) => number.to_string(),
        (None, Some(reason)) => format!("none ({})", reason.label().to_lowercase()),
        (None, None) => "none".to_owned(),
    }
}

/// All lines of an address on one.
pub(crate) fn address(address: &Address) -> String {
    let lines = address.lines().iter().map(|line| line.as_str());
    let all: Vec<&str> = lines
        .chain(address.postcode().map(|code| code.as_str()))
        .collect();
    if all.is_empty() {
        return address.kind().label().to_owned();
    }
    format!("{} ({})", all.join(", "), address.kind().label().to_lowercase())
}

/// `Dr A Example, consultant, GMC 9900011, TEST-GP01`.
pub(crate) fn author(author: &Author) -> String {
    let mut words = vec![author.name().to_string(), author.role().to_string()];
    words.extend(author.registration().map(ToString::to_string));
    words.push(author.org().to_string());
    words.join(", ")
}

/// `penicillin (rash); latex`, or that there are none, or that nobody asked.
pub(crate) fn allergies(allergies: &Allergies) -> String {
    if allergies.state() != AllergyState::Recorded {
        return allergies.state().label().to_owned();
    }
    let items = allergies.items().iter().map(|item| match item.reaction() {
        Some(reaction) => format!("{} ({reaction})", item.substance()),
        None => item.substance().to_string(),
    });
    items.collect::<Vec<_>>().join("; ")
}

/// The coded place with the words beside it.
pub(crate) fn place(place: &PreferredPlace) -> String {
    let coded = place.place().label();
    match place.second() {
        Some(second) => format!(
            "{coded}: {} Second choice: {}.",
            sentence(place.words()),
            second.label()
        ),
        None => format!("{coded}: {}", place.words()),
    }
}

/// `Joan Smith (daughter), 07700 900101`.
pub(crate) fn contact(contact: &Contact) -> String {
    match contact.relation() {
        Some(relation) => format!("{} ({relation}), {}", contact.name(), contact.phone()),
        None => format!("{}, {}", contact.name(), contact.phone()),
    }
}

/// `Tel. 07700 900101: Joan Smith (daughter)`: the number first, so that nothing can cut it off.
pub(crate) fn to_call(contact: &Contact) -> String {
    match contact.relation() {
        Some(relation) => format!("Tel. {}: {} ({relation})", contact.phone(), contact.name()),
        None => format!("Tel. {}: {}", contact.phone(), contact.name()),
    }
}

/// The words with a full stop, unless they end in one, in any script.
pub(crate) fn sentence(words: &str) -> String {
    if words.ends_with([
        '.', '!', '?', '\u{3002}', '\u{964}', '\u{61F}', '\u{FF01}', '\u{FF1F}',
    ]) {
        words.to_owned()
    } else {
        format!("{words}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_follow_the_script_and_can_be_printed() {
        for (name, expected) in [
            ("Placeholder-Finch", "PLACEHOLDER-FINCH"),
            ("Nguyễn", "NGUYỄN"),
            ("Παπαδοπούλου", "ΠΑΠΑΔΟΠΟΥΛΟΥ"),
            ("Шевченко", "ШЕВЧЕНКО"),
            ("Großmann", "GROSSMANN"),
            ("მაისურაძე", "მაისურაძე"),
            ("الأحمد", "الأحمد"),
            ("চৌধুরী", "চৌধুরী"),
            ("陳", "陳"),
        ] {
            assert_eq!(capitals(name), expected);
        }
        let printable = (0..=0x0010_FFFF)
            .filter_map(char::from_u32)
            .filter(|c| is_printable(*c));
        for character in printable {
            assert!(
                capitals(&character.to_string()).chars().all(is_printable),
                "{character}"
            );
        }
    }
}
