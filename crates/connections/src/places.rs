//! Places that are waited for, so many in all and so many of each household.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::household::Group;

/// So many places. Who comes first gets the next one, but whoever is of a household that has its share
/// waits beside the others: they do not wait behind more than that share. The same goes for a
/// neighbourhood, which has a few of these shares.
#[derive(Debug)]
pub struct Places {
    all: Arc<Semaphore>,
    shares: Arc<Shares>,
}

#[derive(Debug)]
struct Shares {
    most: usize,
    most_of_one: usize,
    /// Of every group of which somebody has a place or waits for one.
    of: Mutex<HashMap<Group, Share>>,
}

#[derive(Debug)]
struct Share {
    places: Arc<Semaphore>,
    members: usize,
}

/// Somebody who has a place or waits for one.
#[derive(Debug)]
struct Member {
    shares: Arc<Shares>,
    group: Group,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    _of_all: OwnedSemaphorePermit,
    // What is first is dropped first: whoever leaves last leaves no trace.
    _of_groups: Vec<(OwnedSemaphorePermit, Member)>,
}

impl Places {
    /// So many places, of which a household has at most `most_of_one` at the same time, one at least.
    pub fn new(most: usize, most_of_one: usize) -> Self {
        Self {
            all: semaphore(most),
            shares: Arc::new(Shares {
                most,
                most_of_one: most_of_one.max(1),
                of: Mutex::default(),
            }),
        }
    }

    /// The next place for somebody at an address, once there is one; `None` if there will be none.
    pub async fn next(&self, address: IpAddr) -> Option<Place> {
        // Of those that wait for places of all, no more are of one household or neighbourhood than its
        // share.
        let mut of_groups = Vec::new();
        for group in Group::of(address) {
            let (member, own) = Member::new(&self.shares, group);
            of_groups.push((own.acquire_owned().await.ok()?, member));
        }
        let of_all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Place {
            _of_all: of_all,
            _of_groups: of_groups,
        })
    }

    /// The same for what is done for nobody in particular: something else has to bound that.
    pub async fn next_for_all(&self) -> Option<Place> {
        Some(Place {
            _of_all: Arc::clone(&self.all).acquire_owned().await.ok()?,
            _of_groups: Vec::new(),
        })
    }

    /// Whether nobody has a place or waits for one.
    pub fn is_empty(&self) -> bool {
        self.shares.of().is_empty()
    }
}

impl Shares {
    fn of(&self) -> MutexGuard<'_, HashMap<Group, Share>> {
        // Nothing panics between two changes that belong together.
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member {
    /// One more of a group, and the places of that.
    fn new(shares: &Arc<Shares>, group: Group) -> (Self, Arc<Semaphore>) {
        let mut of = shares.of();
        let share = of.entry(group).or_insert_with(|| Share {
            places: semaphore(group.share_of(shares.most, shares.most_of_one)),
            members: 0,
        });
        share.members += 1;
        let places = Arc::clone(&share.places);
        drop(of);
        let shares = Arc::clone(shares);
        (Self { shares, group }, places)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut of = self.shares.of();
        if let Some(share) = of.get_mut(&self.group) {
            share.members -= 1;
            if share.members == 0 {
                of.remove(&self.group);
            }
        }
    }
}

fn semaphore(places: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_secs(1);

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    async fn has_to_wait(places: &Places, text: &str) -> bool {
        timeout(SOON, places.next(address(text))).await.is_err()
    }

    #[tokio::test(start_paused = true)]
    async fn a_household_waits_when_it_has_its_share_and_others_do_not() {
        let places = Places::new(4, 2);
        let first = places.next(address("2001:db8::1")).await.unwrap();
        let second = places.next(address("2001:db8::2")).await.unwrap();
        assert!(has_to_wait(&places, "2001:db8::3").await);
        let other = places.next(address("2001:db8:1::1")).await.unwrap();
        drop(first);
        let third = places.next(address("2001:db8::3")).await.unwrap();
        drop((second, third, other));
        assert!(places.is_empty(), "nobody is remembered");
    }

    #[tokio::test(start_paused = true)]
    async fn neighbours_wait_when_they_have_half_of_all() {
        let places = Places::new(4, 1);
        let [one, other] = ["2001:db8::1", "2001:db8:0:1::1"].map(address);
        let held = [places.next(one).await, places.next(other).await];
        assert!(has_to_wait(&places, "2001:db8:0:2::1").await);
        assert!(!has_to_wait(&places, "2001:db8:1::1").await);
        assert!(!has_to_wait(&places, "192.0.2.1").await);
        drop(held);
        assert!(!has_to_wait(&places, "2001:db8:0:2::1").await);
        assert!(places.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn many_of_a_household_that_wait_are_not_before_another() {
        let places = Arc::new(Places::new(3, 2));
        let other = address("192.0.2.2");
        let held = [
            places.next(address("192.0.2.1")).await,
            places.next(address("192.0.2.1")).await,
            places.next(other).await,
        ];
        let waits = |address| {
            let places = Arc::clone(&places);
            tokio::spawn(async move { places.next(address).await })
        };
        let flood: Vec<_> = (0..100).map(|_| waits(address("192.0.2.1"))).collect();
        tokio::task::yield_now().await;
        let next = waits(other);
        tokio::task::yield_now().await;
        let [first, second, third] = held;
        drop(third);
        assert!(timeout(SOON, next).await.unwrap().unwrap().is_some());
        drop((first, second));
        for one in flood {
            let place = timeout(SOON, one).await.unwrap().unwrap();
            assert!(place.is_some());
        }
        assert!(places.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn all_of_them_are_bounded_and_whoever_leaves_while_waiting_is_forgotten() {
        let places = Places::new(2, 0);
        let first = places.next(address("192.0.2.1")).await.unwrap();
        let second = places.next(address("192.0.2.2")).await.unwrap();
        assert!(has_to_wait(&places, "192.0.2.3").await);
        assert!(has_to_wait(&places, "192.0.2.1").await);
        drop((first, second));
        assert!(places.is_empty());
        assert!(!has_to_wait(&places, "192.0.2.3").await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_for_nobody_takes_no_households_share_but_places_of_all() {
        let places = Places::new(3, 1);
        let for_all = [places.next_for_all().await, places.next_for_all().await];
        let own = places.next(address("192.0.2.1")).await.unwrap();
        assert!(timeout(SOON, places.next_for_all()).await.is_err());
        assert!(has_to_wait(&places, "192.0.2.2").await);
        drop(for_all);
        assert!(!has_to_wait(&places, "192.0.2.2").await);
        drop(own);
        assert!(places.is_empty());
    }
}
