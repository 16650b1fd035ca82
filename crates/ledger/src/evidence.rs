//! What proves the answer of a view: which rows, lists and absences of the state tree.
//!
//! [`Question`] is a view call as far as its answer can be proved. [`answer`] goes from claim to
//! claim about the state until the question is answered. Both sides run this one function: the node
//! on its database, where each step is looked up and proved, and the client on what the node sent,
//! where each step is checked ([`verify`]). So a proof is about what was asked, and about nothing
//! less.
//!
//! No step shows a row that the caller may not see: rows of the caller, rows that are granted to
//! the caller, rows that everybody sees.

mod answer;
mod claimed;
mod question;
mod verify;

pub use answer::{Answer, Evidence, GrantPage, Grants, SharedCredential, answer};
pub use claimed::{Claimed, ClaimedRow, Contents, Found, FoundRow, Kind};
pub use question::Question;
pub use verify::{AnswerError, ClaimFault, Proved, ProvedAnswer, verify};
