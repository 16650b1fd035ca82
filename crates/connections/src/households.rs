//! How many of each household are inside, and how many in all.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::household::household;

/// Room for so many, and for so many of each household.
#[derive(Debug)]
pub struct Households {
    most: usize,
    most_of_one: usize,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug, Default)]
struct Inside {
    all: usize,
    of: HashMap<IpAddr, usize>,
}

/// Why somebody has to stay outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Full {
    /// There is no room for anybody.
    Everybody,
    /// There is no room for more of this household.
    Household,
}

/// A place inside, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    inside: Arc<Mutex<Inside>>,
    household: IpAddr,
}

impl Households {
    /// Room for `most`, and for `most_of_one` of each household.
    pub fn new(most: usize, most_of_one: usize) -> Self {
        Self {
            most,
            most_of_one,
            inside: Arc::default(),
        }
    }

    /// Lets one more in from an address.
    pub fn enter(&self, address: IpAddr) -> Result<Seat, Full> {
        let household = household(address);
        let mut inside = lock(&self.inside);
        if inside.all >= self.most {
            return Err(Full::Everybody);
        }
        let own = inside.of.get(&household).copied().unwrap_or(0);
        if own >= self.most_of_one {
            return Err(Full::Household);
        }
        inside.of.insert(household, own + 1);
        inside.all += 1;
        Ok(Seat {
            inside: Arc::clone(&self.inside),
            household,
        })
    }

    /// Whether nobody is inside.
    pub fn is_empty(&self) -> bool {
        lock(&self.inside).of.is_empty()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inside = lock(&self.inside);
        inside.all -= 1;
        if let Some(own) = inside.of.get_mut(&self.household) {
            *own -= 1;
            if *own == 0 {
                inside.of.remove(&self.household);
            }
        }
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    // Nothing panics between two changes that belong together.
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_household_has_few_seats_and_gets_them_back() {
        let households = Households::new(10, 2);
        let first = households.enter(address("2001:db8::1")).unwrap();
        let _second = households.enter(address("2001:db8::2")).unwrap();
        let third = households.enter(address("2001:db8::3"));
        assert_eq!(third.unwrap_err(), Full::Household);
        let _neighbour = households.enter(address("2001:db8:0:1::1")).unwrap();
        drop(first);
        assert!(households.enter(address("2001:db8::3")).is_ok());
    }

    #[test]
    fn all_of_them_are_bounded_and_nobody_is_remembered() {
        let households = Households::new(3, 2);
        let enter = |number| households.enter(IpAddr::from([192, 0, 2, number]));
        let seats = [1, 2, 3].map(|number| enter(number).unwrap());
        assert_eq!(enter(4).unwrap_err(), Full::Everybody);
        drop(seats);
        assert!(households.is_empty());
        assert!(enter(4).is_ok());
    }
}
