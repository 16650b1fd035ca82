//! Whole networks of a toy application.

mod agreement;
mod toy;
