//! Checks, before any work, that all ranks are about to do the same thing.

use std::error::Error;

use mpi::environment::processor_name;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::World;

/// Something that must be the same on all ranks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// The name of the term, such as "options".
    pub what: String,
    /// Its value on this rank.
    pub text: String,
    /// Whether the value is shown to users.
    pub is_shown: bool,
}

/// Why the ranks cannot work together.
#[derive(Debug, Error)]
pub enum Disagreement {
    /// A rank has different terms than rank 0.
    #[error(
        "{rank} has other {what} than rank 0{shown}: start all ranks by one command, with the same program and files"
    )]
    Differs {
        /// The rank and its host.
        rank: String,
        /// The name of the term that differs.
        what: String,
        /// Both values, if they are shown to users.
        shown: String,
    },
    /// A rank cannot begin.
    #[error("{rank} cannot begin: {cause}")]
    Failed {
        /// The rank and its host.
        rank: String,
        /// The reason.
        cause: String,
    },
}

/// What a rank sends to the others.
#[derive(Serialize, Deserialize)]
struct Statement {
    host: String,
    /// Its terms, or the reason why it cannot begin.
    terms: Result<Vec<Term>, String>,
}

impl World {
    /// Waits until all ranks have called this, each with its terms or with the error that keeps it from beginning.
    ///
    /// # Errors
    /// A [`Disagreement`], the same one on all ranks, if a rank cannot begin or has different terms than rank 0.
    pub fn agree<E: Error>(&self, terms: Result<Vec<Term>, &E>) -> Result<(), Disagreement> {
        let host = processor_name().unwrap_or_default();
        let own = Statement { host, terms: terms.map_err(ToString::to_string) };
        let json = serde_json::to_vec(&own).expect("words and lists can be written as JSON");
        let all = self.gather_bytes(&json);
        // A message of another version may be unreadable; that counts as different terms.
        let unknown = |_| Statement { host: "another host".to_string(), terms: Ok(Vec::new()) };
        let all: Vec<_> = all.iter().map(|json| serde_json::from_slice(json).unwrap_or_else(unknown)).collect();
        verdict(&all)
    }
}

fn verdict(all: &[Statement]) -> Result<(), Disagreement> {
    let name = |rank: usize| format!("rank {rank} on {}", all[rank].host);
    let mut first: &[Term] = &[];
    for (rank, statement) in all.iter().enumerate() {
        match &statement.terms {
            Err(cause) => return Err(Disagreement::Failed { rank: name(rank), cause: cause.clone() }),
            Ok(terms) if rank == 0 => first = terms,
            Ok(_) => {}
        }
    }
    for (rank, statement) in all.iter().enumerate() {
        let terms = statement.terms.as_deref().unwrap_or_default();
        if let Some((i, term)) = first.iter().enumerate().find(|&(i, term)| terms.get(i) != Some(term)) {
            let theirs = terms.get(i).map_or("", |term| &term.text);
            let shown = if term.is_shown { format!(" ({theirs}, not {})", term.text) } else { String::new() };
            return Err(Disagreement::Differs { rank: name(rank), what: term.what.clone(), shown });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(version: &str, options: &str) -> Statement {
        let term = |what: &str, text: &str, is_shown| Term { what: what.to_string(), text: text.to_string(), is_shown };
        Statement {
            host: "here".to_string(),
            terms: Ok(vec![term("versions", version, true), term("options", options, false)]),
        }
    }

    #[test]
    fn the_first_rank_that_is_different_is_named() {
        assert!(verdict(&[statement("1", "a"), statement("1", "a")]).is_ok());
        let text = |all: &[Statement]| verdict(all).unwrap_err().to_string();
        let version = text(&[statement("1", "a"), statement("1", "a"), statement("2", "b")]);
        assert!(version.starts_with("rank 2 on here has other versions than rank 0 (2, not 1): "), "{version}");
        let options = text(&[statement("1", "a"), statement("1", "b"), statement("2", "b")]);
        assert!(options.starts_with("rank 1 on here has other options than rank 0: "), "{options}");
        let failed = Statement { terms: Err("no file".to_string()), ..statement("", "") };
        assert_eq!(text(&[statement("1", "a"), statement("2", "a"), failed]), "rank 2 on here cannot begin: no file");
        let silent = Statement { terms: Ok(Vec::new()), ..statement("", "") };
        assert!(text(&[statement("1", "a"), silent]).contains("other versions than rank 0 (, not 1)"));
    }
}
