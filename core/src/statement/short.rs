//! The one wire shape of short statements: text keys, `typ` and `v` first, then what the kind says, then `iat`.

/// Declares a short statement: its public struct, its wire struct, and the two functions between them. What `sub` is
/// and what it acts on is said by [`about_record`] or written out.
macro_rules! short {
    ($(#[$about:meta])* $name:ident {
        $( $(#[doc = $words:literal])+ $field:ident $(= $key:literal)? : $type:ty $(, $absent:literal)? ; )+
    }) => {
        $(#[$about])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name {
            $( $(#[doc = $words])+ pub $field: $type, )+
            /// When it was signed.
            pub issued_at: $crate::time::Timestamp,
        }

        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire {
            typ: String,
            v: u64,
            $(
                $(#[serde(rename = $key)])?
                $(#[serde(default, skip_serializing_if = $absent)])?
                $field: $type,
            )+
            iat: $crate::time::Timestamp,
        }

        impl $name {
            fn to_wire(&self) -> Result<$crate::canonical::CanonicalBytes, $crate::canonical::EncodeError> {
                $crate::canonical::encode(&Wire {
                    typ: $crate::statement::type_name(<Self as $crate::statement::Statement>::KIND),
                    v: $crate::statement::FORMAT_VERSION,
                    $( $field: self.$field.clone(), )+
                    iat: self.issued_at,
                })
            }

            fn of_wire(payload: &[u8]) -> Result<Self, $crate::statement::ContentError> {
                let kind = <Self as $crate::statement::Statement>::KIND;
                let wire: Wire =
                    $crate::statement::decode_payload(kind, payload, $crate::envelope::MAX_ENVELOPE)?;
                $crate::statement::check_type(kind, &wire.typ, wire.v)?;
                Ok(Self {
                    $( $field: wire.$field, )+
                    issued_at: wire.iat,
                })
            }
        }

        /// Statements may be about a patient: `Debug` names the kind and shows nothing.
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), " (not shown)"))
            }
        }

        impl $crate::statement::sealed::Sealed for $name {}
    };
}

/// Makes a short statement one about a record: its subject is the record, and it acts on one object in it. `check` holds
/// rules across fields, `entitled` what the roles alone do not say.
macro_rules! about_record {
    ($name:ident, $target:expr $(, check: $check:expr)? $(, entitled: $entitled:expr)?) => {
        impl $crate::statement::Statement for $name {
            const KIND: $crate::statement::Kind = $crate::statement::Kind::$name;

            fn payload(&self) -> Result<$crate::canonical::CanonicalBytes, $crate::canonical::EncodeError> {
                self.to_wire()
            }

            fn from_payload(payload: &[u8]) -> Result<Self, $crate::statement::ContentError> {
                Self::of_wire(payload)$(.and_then($check))?
            }

            fn issued_at(&self) -> $crate::time::Timestamp {
                self.issued_at
            }

            fn subject(&self) -> String {
                self.plan.urn()
            }

            $(
                fn may_be_signed_under(
                    &self,
                    signer: &$crate::id::ObjectId,
                    directory: &$crate::trust::Directory,
                ) -> bool {
                    let entitled: fn(&Self, &$crate::id::ObjectId, &$crate::trust::Directory) -> bool = $entitled;
                    entitled(self, signer, directory)
                }
            )?
        }

        impl $crate::statement::LoggedStatement for $name {
            fn record(&self) -> Option<$crate::id::PlanId> {
                Some(self.plan)
            }

            fn target(&self) -> Option<$crate::id::ObjectId> {
                let target: fn(&Self) -> Option<$crate::id::ObjectId> = $target;
                target(self)
            }
        }
    };
}

pub(super) use {about_record, short};
