//! Rows about the way to the host: names, packets, transports.

use crate::finding::Cause;
use crate::finding::Entry;

pub(super) const DNS_NAME: Entry = Entry {
    cause: Cause::DnsName,
    id: "dns-name",
    title: "the name leads to another machine, or nowhere",
    meaning: "The name that people type has no address, or an address of another machine. \
        It happens after a host got a new address or a new name, when a record is stale, or when the client asks \
        a resolver that does not know the zone.",
    advice: "Compare the forward record, the reverse record, and the name that the host gives itself; `rdpfix probe HOST` \
        shows all three. \
        Correct the record where it is kept, wait until its lifetime is over or clear the resolver's cache on the client, \
        and probe again. \
        To connect by address is a good test, but no cure: Kerberos does not work with addresses, and the certificate \
        does not bear one.",
    folklore: "\"Check DNS\" is right. \
        \"Connect by IP\" is a test only: it changes the sign-in to NTLM and causes a warning about the certificate.",
    outside: "Forward and reverse lookup, the names in the NTLM challenge and those in the certificate are compared with \
        the name that was asked for.",
    inside: "The host's own name and domain (`Win32_ComputerSystem.DNSHostName`, `Domain`) and the name servers that it \
        uses (`MSFT_DNSClientServerAddress`).",
};

pub(super) const TCP_BLOCKED: Entry = Entry {
    cause: Cause::TcpBlocked,
    id: "tcp-blocked",
    title: "nothing answers on the port",
    meaning: "The TCP connection to the Remote Desktop port does not come about. \
        A refusal means that a machine answered and nothing listens there, or that a firewall rejects; silence means that \
        packets are dropped on the way or on the host, or that the host is off.",
    advice: "After a refusal look at the host: `rdpfix diagnose HOST -i INVENTORY` tells apart whether Remote Desktop is off, \
        the service is down, or the port is another one; `rdpfix audit playbooks/fix-0x904.yml -i INVENTORY -l HOST` shows \
        what would be corrected by `rdp_access`, `service`, `rdp_listener` and `firewall_rule`. \
        After silence find out first whether the host is up (hypervisor, another port of it), then look at the firewalls \
        on the way and at the host's own rule `RemoteDesktop-UserMode-In-TCP`.",
    folklore: "\"The firewall on the remote computer\" is a true candidate, one of several. \
        Error code 0x204 is often called a matter of credentials; it says that the socket did not connect, nothing else.",
    outside: "A timeout is told from a refusal and from a missing route; when the port does not open, other ports of the \
        same host show whether it is alive.",
    inside: "Which process listens on which port (`MSFT_NetTCPConnection`), the firewall's rules, and the state of \
        TermService.",
};

pub(super) const PATH_QUALITY: Entry = Entry {
    cause: Cause::PathQuality,
    id: "path-quality",
    title: "the way to the host loses or delays packets",
    meaning: "Connections to the host sometimes fail or take many times as long as usual. \
        A negotiation of several round trips then runs into time limits although nothing is wrong with the host. \
        A crowded VPN, a bad wireless link or an overloaded machine look alike from here.",
    advice: "Measure before you change anything: `rdpfix probe HOST --repeat 50` from the client's network and once more from \
        the host's own network. \
        If only the far measurement is bad, give the numbers to whoever runs the way in between. \
        If both are bad, look at the load of the host.",
    folklore: "\"VPN, bandwidth, packet loss\" is plausible and has to be measured; without numbers it is a guess.",
    outside: "Many handshakes in a row: the median and the 99th percentile of each stage, and how often each failed.",
    inside: "`Win32_PingStatus` from the host towards the clients' network.",
};

pub(super) const PATH_MTU: Entry = Entry {
    cause: Cause::PathMtu,
    id: "path-mtu",
    title: "large packets are lost on the way to the host",
    meaning: "Small packets get through, but full-size ones vanish, because a link on the way carries less than the ends \
        believe and nobody tells them. \
        The connection opens, the negotiation is answered, and then the certificate, which needs several full packets, \
        never arrives: the client waits and gives up.",
    advice: "Confirm it from a machine beside the client: `ping -f -l 1472 HOST` fails while `ping -f -l 1200 HOST` works. \
        The cure belongs on the way: let ICMP \"fragmentation needed\" pass, or have the VPN gateway clamp the segment size \
        of TCP. \
        Until then a smaller MTU on the host's interface helps (`netsh interface ipv4 set subinterface NAME mtu=1400 \
        store=persistent`).",
    folklore: "\"MTU mismatch\" is plausible, and typical of VPN tunnels.",
    outside: "The negotiation is answered and TLS stalls; a handshake with a small and one with a large first message behave \
        differently.",
    inside: "`NlMtu` of the host's interfaces, and pings of the host that must not be fragmented.",
};

pub(super) const UDP_TRANSPORT: Entry = Entry {
    cause: Cause::UdpTransport,
    id: "udp-transport",
    title: "the UDP transport does not work",
    meaning: "After the sign-in a session adds UDP beside TCP. \
        When a firewall drops it half-way, the session opens slowly, freezes for seconds, or falls back to TCP. \
        It seldom explains a first connection that fails, because UDP begins only after TLS and the sign-in are done.",
    advice: "Let UDP 3389 pass wherever TCP 3389 passes (on the host the rule `RemoteDesktop-UserMode-In-UDP`, resource \
        `firewall_rule`). \
        Where that cannot be, set the host to TCP alone by policy: \"Select RDP transport protocols\" (`SelectTransport` 1 \
        below HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services, resource `registry_value`), or the clients by \
        \"Turn Off UDP On Client\".",
    folklore: "The line `disableudptransport:i:1` in a .rdp file does nothing: the stock client does not know such a setting. \
        Use one of the two policies instead.",
    outside: "",
    inside: "`SelectTransport` and its policy, the UDP rule of the firewall, and events 136 and 138 of RdpCoreTS.",
};
