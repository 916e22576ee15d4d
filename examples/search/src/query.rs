//! What is looked for.

use crate::QueryError;
use crate::words::{fold, is_in_words, words};

/// Whether words that differ only in case are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// They are.
    Ignored,
    /// They are not.
    Sensitive,
}

/// Words, or starts of words, that a line has to hold, all of them, in any
/// order.
pub struct Query {
    pub(crate) terms: Vec<Term>,
    pub(crate) case: Case,
}

/// A word, or the start of one.
pub(crate) struct Term {
    /// As it was given.
    pub word: String,
    pub folded: String,
    pub is_prefix: bool,
}

impl Query {
    /// A query for the words of all `arguments`. An argument is a word, or
    /// several with something else between them, and a `*` at its end leaves
    /// the end of its last word open.
    ///
    /// # Errors
    ///
    /// - [`QueryError::Empty`]
    /// - [`QueryError::NoWord`]
    /// - [`QueryError::Star`]
    pub fn new<A: AsRef<str>>(
        arguments: impl IntoIterator<Item = A>,
        case: Case,
    ) -> Result<Query, QueryError> {
        let mut terms = Vec::new();
        for argument in arguments {
            let argument = argument.as_ref();
            let (text, is_prefix) = match argument.strip_suffix('*') {
                Some(text) => (text, true),
                None => (argument, false),
            };
            if text.contains('*') || is_prefix && !text.ends_with(is_in_words) {
                return Err(QueryError::Star(argument.to_owned()));
            }
            let before = terms.len();
            terms.extend(words(text.as_bytes()).map(|word| Term::new(word, false)));
            match terms[before..].last_mut() {
                Some(last) => last.is_prefix = is_prefix,
                None => return Err(QueryError::NoWord(argument.to_owned())),
            }
        }
        match terms.is_empty() {
            true => Err(QueryError::Empty),
            false => Ok(Query { terms, case }),
        }
    }
}

impl Term {
    fn new(word: &str, is_prefix: bool) -> Term {
        let mut folded = String::new();
        fold(word, &mut folded);
        Term {
            word: word.to_owned(),
            folded,
            is_prefix,
        }
    }

    /// Whether one of the words of `line` is this.
    pub fn is_in(&self, line: &[u8], case: Case) -> bool {
        let is_same = |word: &str, this: &str| match self.is_prefix {
            true => word.starts_with(this),
            false => word == this,
        };
        let mut folded = String::new();
        words(line).any(|word| match case {
            Case::Sensitive => is_same(word, &self.word),
            Case::Ignored => {
                fold(word, &mut folded);
                is_same(&folded, &self.folded)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(arguments: &[&str]) -> Result<Vec<(String, bool)>, QueryError> {
        let query = Query::new(arguments, Case::Ignored)?;
        let terms = query.terms.into_iter();
        Ok(terms.map(|term| (term.folded, term.is_prefix)).collect())
    }

    #[test]
    fn words_of_arguments() {
        let term = |word: &str, is_prefix| (word.to_owned(), is_prefix);
        assert_eq!(
            terms(&["Memory-Mapp*", "FILE"]),
            Ok(vec![
                term("memory", false),
                term("mapp", true),
                term("file", false)
            ])
        );
    }

    #[test]
    fn arguments_that_hold_no_word() {
        for argument in ["", "--", " "] {
            let error = QueryError::NoWord(argument.to_owned());
            assert_eq!(terms(&["word", argument]), Err(error));
        }
        for argument in ["*", "a*b", "*a", "a-*", "a**"] {
            let error = QueryError::Star(argument.to_owned());
            assert_eq!(terms(&[argument]), Err(error));
        }
        assert_eq!(terms(&[]), Err(QueryError::Empty));
    }
}
