//! Names instead of numbers: enums whose variants have a word for playbooks and a number for Windows.

/// Declares an enum whose variants have a word and a number.
///
/// Gives it `WORDS` (for [`crate::syntax::Shape::Word`]), `from_word`, `word`, `from_number` and `number`.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal, $number:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// The words in playbooks, in the order of the numbers.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The variant with this word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }

            /// The word in playbooks and reports.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The variant with this number.
            pub fn from_number(number: u64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }

            /// The number that Windows uses.
            pub fn number(self) -> u32 {
                match self { $(Self::$variant => $number,)+ }
            }
        }
    };
}

pub(crate) use words;
