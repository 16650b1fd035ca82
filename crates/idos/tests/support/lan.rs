//! Hosts on one machine: each a network namespace of its own, with a cable to a switch. The switch has
//! two halves, so that hosts can be cut off from each other while clients reach all of them.

use std::{
    fs::File,
    net::Ipv4Addr,
    process::{Child, Command, Stdio},
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Address of whoever sits at the switch, on both halves.
const CLIENT: &str = "10.77.0.254";
/// Both halves look the same to hosts, so that connections of clients outlive a move.
const SWITCH_MAC: &str = "02:00:00:00:77:fe";
const HALVES: [&str; 2] = ["left", "right"];

/// A namespace, which goes with this value.
struct Namespace {
    holder: Child,
}

impl Namespace {
    fn new() -> Option<Self> {
        let holder = Command::new("unshare")
            .args(["--net", "sleep", "3600"])
            .stdin(Stdio::null())
            .spawn()
            .ok()?;
        let namespace = Self { holder };
        // Until it has left this one, commands would change this one.
        let own = std::fs::read_link("/proc/self/ns/net").ok()?;
        let path = format!("/proc/{}/ns/net", namespace.holder.id());
        for _ in 0..500 {
            if std::fs::read_link(&path).ok()? != own {
                return Some(namespace);
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        None
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--net", "--target", &self.holder.id().to_string(), program])
            .stdin(Stdio::null());
        command
    }

    /// Whether `ip` did that. It may not be installed, and not every kernel has switches.
    fn can(&self, arguments: &str) -> bool {
        let status = self.command("ip").args(arguments.split(' ')).status();
        status.is_ok_and(|status| status.success())
    }

    /// The same, where nothing else can be meant to happen.
    fn ip(&self, arguments: &str) {
        assert!(self.can(arguments), "ip {arguments}");
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// A switch with hosts.
pub(crate) struct Lan {
    switch: Namespace,
    hosts: Vec<Namespace>,
}

impl Lan {
    /// So many hosts, all of them connected. `None` where there can be no such thing: it takes root,
    /// `unshare`, `nsenter` and `ip`.
    pub(crate) fn new(hosts: u8) -> Option<Self> {
        let switch = Namespace::new()?;
        let [left, right] = HALVES;
        for step in [
            "link set lo up".to_owned(),
            format!("link add {left} type bridge"),
            format!("link add {right} type bridge"),
            format!("link set {left} address {SWITCH_MAC} up"),
            format!("link set {right} address {SWITCH_MAC} up"),
            format!("address add {CLIENT}/24 dev {left}"),
            format!("address add {CLIENT}/32 dev {right}"),
        ] {
            switch.can(&step).then_some(())?;
        }
        let hosts: Option<Vec<_>> = (0..hosts)
            .map(|number| {
                let host = Namespace::new()?;
                let (cable, holder) = (format!("cable{number}"), host.holder.id());
                let made = switch.can(&format!(
                    "link add {cable} type veth peer name eth0 netns {holder}"
                ));
                made.then_some(())?;
                switch.ip(&format!("link set {cable} master {left} up"));
                host.ip("link set lo up");
                host.ip(&format!("address add {}/24 dev eth0", address(number)));
                host.ip("link set eth0 up");
                Some(host)
            })
            .collect();
        Some(Self {
            switch,
            hosts: hosts?,
        })
    }

    /// Takes this thread, and those that it starts, to the switch: from there all hosts are reached.
    pub(crate) fn enter(&self) {
        let path = format!("/proc/{}/ns/net", self.switch.holder.id());
        let namespace = File::open(path).unwrap();
        move_into_link_name_space(
            std::os::fd::AsFd::as_fd(&namespace),
            Some(LinkNameSpaceType::Network),
        )
        .unwrap();
    }

    /// A program on a host.
    pub(crate) fn command(&self, host: usize, program: &str) -> Command {
        self.hosts[host].command(program)
    }

    /// Leaves these hosts alone with each other; the others stay with each other.
    pub(crate) fn cut_off(&self, alone: &[usize]) {
        for host in 0..self.hosts.len() {
            let half = HALVES[usize::from(alone.contains(&host))];
            self.switch
                .ip(&format!("link set cable{host} master {half}"));
            let to = address(u8::try_from(host).unwrap());
            self.switch
                .ip(&format!("route replace {to}/32 dev {half} src {CLIENT}"));
        }
    }
}

/// Address of a host.
pub(crate) fn address(host: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 0, host + 1)
}
