//! The status list of an issuer: one bit for each credential.

use idos_credential::{IssueOptions, Issuer as Signer, Seconds, StatusList, StatusPurpose, Suite};
use serde_json::Value;

use crate::flow_error::FlowError;

/// A status list that an issuer keeps. It is published by putting what
/// [`StatusRegister::credential`] gives at its URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusRegister {
    url: String,
    purpose: StatusPurpose,
    list: StatusList,
}

impl StatusRegister {
    /// A list of so many entries, none of them set; at least 131,072, so that no entry stands out.
    pub fn new(url: &str, purpose: StatusPurpose, entries: usize) -> Result<Self, FlowError> {
        Ok(Self {
            url: url.to_owned(),
            purpose,
            list: StatusList::new(entries)?,
        })
    }

    /// A list as it was stored by [`StatusRegister::encoded`].
    pub fn restore(url: &str, purpose: StatusPurpose, encoded: &str) -> Result<Self, FlowError> {
        Ok(Self {
            url: url.to_owned(),
            purpose,
            list: StatusList::decode(encoded)?,
        })
    }

    /// The bits, to be stored.
    pub fn encoded(&self) -> Result<String, FlowError> {
        Ok(self.list.encode()?)
    }

    /// Where it is published.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The `credentialStatus` of the credential with this index.
    pub fn entry(&self, index: usize) -> Value {
        StatusList::entry(&self.url, self.purpose, index)
    }

    /// Whether the bit is set; `None` beyond the end.
    pub fn is_set(&self, index: usize) -> Option<bool> {
        self.list.get(index)
    }

    /// Sets or clears the bit of a credential. A revocation is never cleared.
    pub fn set(&mut self, index: usize, value: bool) -> Result<(), FlowError> {
        let is_final = self.purpose == StatusPurpose::Revocation;
        if is_final && !value && self.list.get(index) == Some(true) {
            return Err(FlowError::Revoked(index));
        }
        Ok(self.list.set(index, value)?)
    }

    /// The signed status list credential, valid between these times.
    pub fn credential(
        &self,
        signer: &Signer,
        suite: Suite,
        from: Seconds,
        until: Seconds,
    ) -> Result<String, FlowError> {
        let unsigned = self
            .list
            .credential(&self.url, signer.id(), self.purpose, from, until)?;
        let signed = signer.issue_json(unsigned, &IssueOptions::new(suite, from))?;
        Ok(signed.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://issuer.example/status/1";

    #[test]
    fn a_revocation_stays_and_a_suspension_may_end() {
        let mut list = StatusRegister::new(URL, StatusPurpose::Revocation, 131_072).unwrap();
        list.set(7, true).unwrap();
        assert!(matches!(list.set(7, false), Err(FlowError::Revoked(7))));
        let stored = list.encoded().unwrap();
        let again = StatusRegister::restore(URL, StatusPurpose::Revocation, &stored).unwrap();
        assert_eq!(again.is_set(7), Some(true));
        assert_eq!(again.is_set(8), Some(false));
        assert_eq!(again.is_set(131_072), None);
        let mut list = StatusRegister::new(URL, StatusPurpose::Suspension, 131_072).unwrap();
        list.set(7, true).unwrap();
        list.set(7, false).unwrap();
        assert_eq!(list.is_set(7), Some(false));
        assert!(StatusRegister::new(URL, StatusPurpose::Revocation, 8).is_err());
    }
}
