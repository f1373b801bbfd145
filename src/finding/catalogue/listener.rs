//! Rows about the listener of a host: switched on, running, whole, on its port, let in.

use crate::finding::Cause;
use crate::finding::Entry;

pub(super) const RDP_DISABLED: Entry = Entry {
    cause: Cause::RdpDisabled,
    id: "rdp-disabled",
    title: "Remote Desktop is switched off",
    meaning: "`fDenyTSConnections` is 1, on the host itself or by Group Policy, so that nothing listens on the port. \
        That is how Windows is installed, and some hardening guides ask for it on workstations.",
    advice: "If the host is meant to be reached, say so in a playbook: `rdp_access` with `connections: allowed`. \
        It takes effect at once and drops nobody. \
        When Group Policy switches it off, only a change of that policy lasts; rdpfix names the policy and leaves it alone.",
    folklore: "Seldom mentioned, because it is taken for granted; check it before anything else on a refusing port.",
    outside: "The port refuses; that alone does not tell it from a stopped service.",
    inside: "`Win32_TerminalServiceSetting.AllowTSConnections` and `PolicySourceAllowTSConnections`.",
};

pub(super) const SERVICE_DOWN: Entry = Entry {
    cause: Cause::ServiceDown,
    id: "service-down",
    title: "a service that Remote Desktop needs does not run",
    meaning: "TermService carries the listener; SessionEnv makes its certificate; UmRdpService redirects devices; KeyIso and \
        CryptSvc give access to keys; MpsSvc is the firewall. \
        One of them is stopped, disabled, or hangs.",
    advice: "`rdpfix audit playbooks/fix-0x904.yml -i INVENTORY -l HOST` shows it, and `apply` in place of `audit` \
        starts it (resource `service`: `state: running`, `start_mode: manual`). \
        A restart of TermService ends every Remote Desktop session, so that comes last. \
        If it does not stay up, the event log of the Service Control Manager has the reason (7000 to 7034).",
    folklore: "\"Stop and start TermService\" works, but the services that depend on it have to be stopped first and \
        started afterwards, and every session drops. \
        `service` does both in the right order.",
    outside: "The port refuses, or accepts and closes without an answer.",
    inside: "`Win32_Service` and `Win32_DependentService`.",
};

pub(super) const LISTENER_BROKEN: Entry = Entry {
    cause: Cause::ListenerBroken,
    id: "listener-broken",
    title: "the settings of the listener are damaged",
    meaning: "The port accepts connections, but what answers does not speak RDP, or nothing answers. \
        The registry key RDP-Tcp may be damaged (a wrong protocol object, a disabled station, a missing certificate store \
        name, an adapter that is gone), the service may hang, or another program may own the port.",
    advice: "`rdpfix diagnose HOST -i INVENTORY` reads the key and the owner of the port. \
        Single values are restored by `registry_value`: `LoadableProtocol_Object`, `fEnableWinStation` and `LanAdapter` of \
        WinStations\\RDP-Tcp, `SelfSignedCertStore` of WinStations. \
        Where more is lost, import the key RDP-Tcp from a healthy host of the same release. \
        TermService has to be restarted afterwards, which ends its sessions.",
    folklore: "\"Corrupt RDP listener configuration\" is a true candidate.",
    outside: "The connection is accepted and closed, or stays silent, before any answer; or what comes is not RDP.",
    inside: "The values of RDP-Tcp compared with a fresh host's, and the process that listens on the port \
        (`MSFT_NetTCPConnection.OwningProcess`).",
};

pub(super) const PORT_MISMATCH: Entry = Entry {
    cause: Cause::PortMismatch,
    id: "port-mismatch",
    title: "the host listens on another port than its firewall or its users expect",
    meaning: "`PortNumber` of the listener, the port that the firewall lets in, and the port that people or the inventory \
        name are three settings that nothing keeps equal. \
        The built-in firewall rules stay on 3389 whatever the listener does.",
    advice: "Decide which port it shall be, then say it once in a playbook: `rdp_listener` with `port`, and `firewall_rule` \
        with the same `port`. \
        Open the firewall before the port is moved, so that you do not lock yourself out; the listener moves when \
        TermService is restarted, which ends its sessions. \
        Correct `rdp_port` in the inventory where that is what is wrong.",
    folklore: "\"Confirm correct connection settings\" is right.",
    outside: "The expected port refuses or is silent while another one answers.",
    inside: "`PortNumber`, the port filters of the firewall's rules, and the ports on which TermService listens.",
};

pub(super) const FIREWALL_CLOSED: Entry = Entry {
    cause: Cause::FirewallClosed,
    id: "firewall-closed",
    title: "the host's firewall does not let Remote Desktop in",
    meaning: "The rules of the group Remote Desktop are off, or apply to another network profile than the active one, or a \
        policy ignores local rules, or the profile blocks everything that comes in. \
        Packets are then dropped without a word, so that the client waits until it gives up.",
    advice: "Switch the built-in rule on by its identifier: `firewall_rule` with `id: RemoteDesktop-UserMode-In-TCP` and \
        `enabled: true`. \
        If it is on and still has no effect, look at the active profile and at its policy: where local rules are ignored, \
        the rule has to come from Group Policy. \
        Leave the service MpsSvc running; without it the host may block everything.",
    folklore: "\"Allow RDP through the firewall\" is right on the host. \
        On the client it rarely matters, because outgoing connections are allowed by default.",
    outside: "The port is silent while other ports of the host answer.",
    inside: "`MSFT_NetFirewallRule` with `EnforcementStatus`, `MSFT_NetFirewallProfile`, and the category of the network.",
};
