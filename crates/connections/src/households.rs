//! How many of each household are inside, and how many in all.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::household::Group;

/// Room for so many, and for so many of each household.
#[derive(Clone, Debug)]
pub struct Households(Arc<Occupancy>);

#[derive(Debug)]
struct Occupancy {
    most: usize,
    most_of_one: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    all: usize,
    of: HashMap<Group, usize>,
}

/// Why somebody has to stay outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Full {
    /// There is no room for anybody.
    Everybody,
    /// There is no room for more of this household, or of its neighbourhood.
    Household,
}

/// A place inside, or several, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    occupancy: Arc<Occupancy>,
    address: IpAddr,
    places: usize,
}

impl Households {
    /// Room for `most`, for `most_of_one` of each household, and for a few times that of each
    /// neighbourhood. What is the only one there may be larger than that: whoever comes alone always fits
    /// if there is room at all.
    pub fn new(most: usize, most_of_one: usize) -> Self {
        Self(Arc::new(Occupancy {
            most,
            most_of_one,
            inside: Mutex::default(),
        }))
    }

    /// Lets one more in from an address.
    pub fn enter(&self, address: IpAddr) -> Result<Seat, Full> {
        self.seat(address, 1)
    }

    /// Gives so many places to an address, all of them or none.
    pub fn seat(&self, address: IpAddr, places: usize) -> Result<Seat, Full> {
        let mut seat = Seat {
            occupancy: Arc::clone(&self.0),
            address,
            places: 0,
        };
        seat.resize(places)?;
        Ok(seat)
    }

    /// Whether nobody is inside.
    pub fn is_empty(&self) -> bool {
        lock(&self.0.inside).of.is_empty()
    }
}

impl Inside {
    fn places_of(&self, group: Group) -> usize {
        self.of.get(&group).copied().unwrap_or(0)
    }
}

impl Seat {
    /// How many places it is.
    pub fn places(&self) -> usize {
        self.places
    }

    /// Makes it so many places. It stays as it is if there is no room for more.
    pub fn resize(&mut self, places: usize) -> Result<(), Full> {
        let Occupancy {
            most,
            most_of_one,
            inside,
        } = &*self.occupancy;
        let mut inside = lock(inside);
        let of_others = inside.all - self.places;
        let groups = Group::of(self.address);
        if places > self.places {
            if places > most.saturating_sub(of_others) {
                return Err(Full::Everybody);
            }
            let is_full = |group: Group| {
                let beside = inside.places_of(group) - self.places;
                let share = group.share_of(*most, *most_of_one);
                beside > 0 && places > share.saturating_sub(beside)
            };
            if groups.clone().any(is_full) {
                return Err(Full::Household);
            }
        }
        inside.all = of_others + places;
        for group in groups {
            match inside.places_of(group) - self.places + places {
                0 => inside.of.remove(&group),
                own => inside.of.insert(group, own),
            };
        }
        self.places = places;
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // There is always room for less.
        let _ = self.resize(0);
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
    fn neighbours_have_a_few_shares_together() {
        let households = Households::new(100, 2);
        let enter = |network: u16| {
            let address = IpAddr::from([0x2001, 0xdb8, 0, network, 0, 0, 0, 1]);
            households.enter(address)
        };
        let seats: Vec<_> = (0..8).map(|network| enter(network).unwrap()).collect();
        assert_eq!(enter(8).unwrap_err(), Full::Household);
        let _other = households.enter(address("2001:db8:1::1")).unwrap();
        drop(seats);
        assert!(enter(8).is_ok());
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

    #[test]
    fn places_grow_and_shrink_within_the_share_of_their_household() {
        let households = Households::new(100, 10);
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        let mut first = households.seat(one, 6).unwrap();
        assert_eq!(households.seat(one, 5).unwrap_err(), Full::Household);
        let mut second = households.seat(one, 4).unwrap();
        assert_eq!(second.resize(5), Err(Full::Household));
        assert_eq!(second.places(), 4);
        assert_eq!(first.resize(2), Ok(()));
        assert_eq!(second.resize(8), Ok(()));
        // What is alone may be larger than the share, and no more come beside it.
        drop(first);
        assert_eq!(second.resize(70), Ok(()));
        assert_eq!(households.seat(one, 1).unwrap_err(), Full::Household);
        assert_eq!(households.seat(other, 31).unwrap_err(), Full::Everybody);
        let third = households.seat(other, 30).unwrap();
        assert_eq!(second.resize(71), Err(Full::Everybody));
        assert_eq!(second.resize(usize::MAX), Err(Full::Everybody));
        assert_eq!(second.resize(69), Ok(()), "less is always possible");
        drop((second, third));
        assert!(households.is_empty());
    }
}
