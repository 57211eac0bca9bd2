//! The tables in which plans are written down: [`section!`] for structs, [`coded!`] for coded values.
//!
//! One table makes the wire struct, the typed struct, its accessors, the reading function and the schema, so that
//! they cannot drift apart. How a single value is read is the work of [`crate::plan::field`].

/// The type of a place in a section, by mode: `needed` must be there to sign, `maybe` may be missing, `many` is a
/// list, `fixed` is filled in by rule. Accessors give references, with `_copy` values.
macro_rules! slot {
    (needed $type:ty) => { $type };
    (needed_copy $type:ty) => { $type };
    (maybe $type:ty) => { Option<$type> };
    (maybe_copy $type:ty) => { Option<$type> };
    (many $type:ty) => { Vec<$type> };
    (fixed $type:ty) => { $crate::plan::field::Fixed<$type> };
}

macro_rules! accessor {
    ($(#[doc = $words:literal])+ needed $field:ident $type:ty) => {
        $(#[doc = $words])+
        #[must_use]
        pub fn $field(&self) -> &$type { &self.$field }
    };
    ($(#[doc = $words:literal])+ needed_copy $field:ident $type:ty) => {
        $(#[doc = $words])+
        #[must_use]
        pub fn $field(&self) -> $type { self.$field }
    };
    ($(#[doc = $words:literal])+ maybe $field:ident $type:ty) => {
        $(#[doc = $words])+
        #[must_use]
        pub fn $field(&self) -> Option<&$type> { self.$field.as_ref() }
    };
    ($(#[doc = $words:literal])+ maybe_copy $field:ident $type:ty) => {
        $(#[doc = $words])+
        #[must_use]
        pub fn $field(&self) -> Option<$type> { self.$field }
    };
    ($(#[doc = $words:literal])+ many $field:ident $type:ty) => {
        $(#[doc = $words])+
        #[must_use]
        pub fn $field(&self) -> &[$type] { &self.$field }
    };
    ($(#[doc = $words:literal])+ fixed $field:ident $type:ty) => {
        $(#[doc = $words])+
        #[must_use]
        pub fn $field(&self) -> $type { self.$field.0 }
    };
}

/// The name of a field on the wire: its own, unless the format gives it a shorter one.
macro_rules! wire_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

/// Clinical content never reaches a log: `Debug` names the type and shows nothing.
macro_rules! debug_without_content {
    ($($name:ident),+ $(,)?) => {$(
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), " (not shown)"))
            }
        }
    )+};
}

/// One section of a plan as a table: `mode field [= "wire name"]: Type`.
macro_rules! section {
    ($(#[doc = $about:literal])+ $name:ident / $wire:ident { $($table:tt)+ }) => {
        $crate::plan::table::section_without_debug! {
            $(#[doc = $about])+ $name / $wire { $($table)+ }
        }

        $crate::plan::table::debug_without_content!($name);
    };
}

/// A [`section!`] that writes its own `Debug`.
macro_rules! section_without_debug {
    ($(#[doc = $about:literal])+ $name:ident / $wire:ident {
        $( $(#[doc = $words:literal])+ $mode:ident $field:ident $(= $key:literal)? : $type:ty, )+
    }) => {
        $(#[doc = $about])+
        #[derive(Clone, PartialEq, Eq, serde::Serialize)]
        pub struct $name {
            $(
                #[serde($(rename = $key,)? skip_serializing_if = "crate::plan::field::Slot::is_absent")]
                $field: $crate::plan::table::slot!($mode $type),
            )+
        }

        impl $name {
            $( $crate::plan::table::accessor!($(#[doc = $words])+ $mode $field $type); )+
        }

        /// The section as it arrives: everything may be absent, nothing unknown is accepted.
        #[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $wire {
            $(
                #[serde($(rename = $key,)? default, skip_serializing_if = "Option::is_none")]
                pub(crate) $field: Option<
                    <$crate::plan::table::slot!($mode $type) as $crate::plan::field::Slot>::Wire
                >,
            )+
        }

        impl $crate::plan::field::Value for $name {
            type Wire = $wire;

            fn read(wire: $wire, reader: &mut $crate::plan::field::Reader) -> Option<Self> {
                $(
                    let $field = reader.at(
                        $crate::plan::table::wire_name!($field $($key)?),
                        |reader| <$crate::plan::table::slot!($mode $type)
                            as $crate::plan::field::Slot>::read(wire.$field, reader),
                    );
                )+
                Some(Self { $($field: $field?,)+ })
            }

            fn absent(reader: &mut $crate::plan::field::Reader) -> Option<Self> {
                <Self as $crate::plan::field::Value>::read($wire::default(), reader)
            }

            fn schema() -> serde_json::Value {
                let mut properties = serde_json::Map::new();
                $(
                    let mut field = <$crate::plan::table::slot!($mode $type)
                        as $crate::plan::field::Slot>::schema();
                    field["description"] = concat!($($words),+).trim().into();
                    properties.insert(
                        $crate::plan::table::wire_name!($field $($key)?).into(),
                        field,
                    );
                )+
                serde_json::json!({
                    "type": "object",
                    "additionalProperties": false,
                    "properties": properties,
                })
            }
        }
    };
}

/// A coded value: the word on the wire, and the words a reader sees, given once and here.
macro_rules! coded {
    ($(#[doc = $about:literal])+ $name:ident { $($variant:ident = $code:literal, $label:literal;)+ }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $( #[doc = $label] $variant, )+
        }

        impl $name {
            /// Every value, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The words on screen and paper.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }

            /// The value with this word on the wire.
            #[must_use]
            pub fn parse(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code() == code)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl $crate::plan::field::Value for $name {
            type Wire = String;

            fn read(wire: String, reader: &mut $crate::plan::field::Reader) -> Option<Self> {
                let value = Self::parse(&wire);
                if value.is_none() {
                    let codes: Vec<&str> = Self::ALL.iter().map(|value| value.code()).collect();
                    reader.find(
                        $crate::validate::rule::CODED,
                        format!("expected one of: {}", codes.join(", ")),
                    );
                }
                value
            }

            fn schema() -> serde_json::Value {
                let codes: Vec<&str> = Self::ALL.iter().map(|value| value.code()).collect();
                serde_json::json!({ "type": "string", "enum": codes })
            }
        }
    };
}

pub(crate) use {accessor, coded, debug_without_content, section, section_without_debug, slot, wire_name};
