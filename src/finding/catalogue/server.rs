//! Rows about what a host needs to carry sessions, and about the roles of Remote Desktop Services.

use crate::finding::Cause;
use crate::finding::Entry;

pub(super) const HOST_RESOURCES: Entry = Entry {
    cause: Cause::HostResources,
    id: "host-resources",
    title: "the host is out of memory or disk space",
    meaning: "Without memory no session can be made; without space on the system drive neither keys nor profiles can be \
        written. \
        The host accepts connections slowly, resets them, or says that the server is out of memory.",
    advice: "Free the system drive first, because a full one also keeps certificates from being renewed. \
        Then look for the process or the sessions that hold the memory; sign off those that are disconnected. \
        rdpfix reports the numbers and deletes nothing.",
    folklore: "\"The host is out of memory\" is a true candidate; extended error code 6 says so outright.",
    outside: "Connections are accepted slowly or reset, which overload and a bad path have in common.",
    inside: "`Win32_OperatingSystem` (memory) and `Win32_LogicalDisk` (the system drive).",
};

pub(super) const SESSION_LIMIT: Entry = Entry {
    cause: Cause::SessionLimit,
    id: "session-limit",
    title: "the host takes no more sessions",
    meaning: "The host is in drain mode, sign-ins are switched off, or as many sessions are open as it allows: one on a client \
        release, two on a server without the session host role, or the number that was set. \
        The refusal comes after the sign-in, so that the listener looks healthy from outside.",
    advice: "See who is signed in and sign off sessions that are disconnected. \
        Take the host out of drain mode (`chglogon /enable`) unless somebody is maintaining it. \
        Raise the limit of connections only where it was set on purpose (`MaxInstanceCount` of RDP-Tcp, resource \
        `registry_value`).",
    folklore: "\"Refusal due to resource limits\" is a true candidate on session hosts.",
    outside: "",
    inside: "`Win32_TerminalServiceSetting` (`Logons`, `SessionBrokerDrainMode`, `LimitedUserSessions`) and `MaximumConnections` \
        of the network adapter setting.",
};

pub(super) const LICENSING: Entry = Entry {
    cause: Cause::Licensing,
    id: "licensing",
    title: "Remote Desktop licensing refuses connections",
    meaning: "A session host works without licences for 120 days only. \
        Afterwards it refuses users when no licensing mode is set, no licence server is named, or the server cannot be \
        reached or has no licences of the right kind left. \
        Administrators still get in with `mstsc /admin`.",
    advice: "Set the mode that you bought licences for (2 per device, 4 per user) and name the licence server, by the policies \
        \"Set the Remote Desktop licensing mode\" and \"Use the specified Remote Desktop license servers\". \
        Then see that the server answers and has licences of the host's release or newer. \
        A host that needs no session host role is better off without it.",
    folklore: "\"Examine roles\" is right. \
        Removing the data of the grace period, as some pages advise, is unsupported and breaks the licence terms; rdpfix \
        never touches it.",
    outside: "",
    inside: "`Win32_TerminalServiceSetting`: `LicensingType`, the days that are left, and the servers with their status.",
};

pub(super) const GATEWAY_CERTIFICATE: Entry = Entry {
    cause: Cause::GatewayCertificate,
    id: "gateway-certificate",
    title: "clients do not trust the gateway's certificate",
    meaning: "Clients connect through a Remote Desktop Gateway only when its certificate is in date, bears the gateway's name \
        and leads to an authority that they know. \
        Other than with a host, there is no question that one could answer with yes.",
    advice: "Renew or replace the certificate, bearing exactly the name in the clients' settings, from an authority that the \
        clients know, with its intermediate certificates, and select it in the gateway's properties. \
        `rdpfix probe HOST --gateway GATEWAY` shows the chain as clients get it; `--ca FILE` trusts your own authority.",
    folklore: "\"The gateway presents a certificate that the client does not trust\" is a true candidate.",
    outside: "TLS to the gateway: chain, names and dates.",
    inside: "`Win32_TSGatewayServerSettings.CertHash`, and the gateway's events 102 and 103.",
};

pub(super) const GATEWAY_HTTP: Entry = Entry {
    cause: Cause::GatewayHttp,
    id: "gateway-http",
    title: "the gateway does not answer as a gateway",
    meaning: "A healthy gateway answers a request without credentials with 401 and offers Negotiate or NTLM. \
        Anything else means that the application pool or the service TSGateway is down (503), that another web site or a \
        proxy answers in its place (403, 404, 405, a page), or that the transport is switched off.",
    advice: "On the gateway see that TSGateway, W3SVC and IAS run (resource `service`), and that the site answers below \
        /remoteDesktopGateway/. \
        Ask from inside and from outside of the proxy: when the answers differ, the proxy must let the methods RDG_OUT_DATA \
        and RDG_IN_DATA and their sign-in pass unchanged.",
    folklore: "\"The HTTP response is incomplete or not encrypted\" is plausible; the answer itself tells.",
    outside: "The answers to RDG_OUT_DATA and RPC_OUT_DATA compared with a healthy 401.",
    inside: "The services of the role, and which transports are enabled.",
};

pub(super) const ROLES_SERVICES: Entry = Entry {
    cause: Cause::RolesServices,
    id: "roles-services",
    title: "a service of a Remote Desktop role does not run",
    meaning: "Connection broker (Tssdis, RDMS, its database), licensing and gateway are services of their own. \
        When the broker is down, users are not sent to their session hosts although each of these is healthy.",
    advice: "Start the service that is down (resource `service`), the broker's database before the broker. \
        Connect to a session host directly with `mstsc /admin` meanwhile. \
        If it does not stay up, its event log says why; a renamed broker is not supported.",
    folklore: "\"Examine Remote Desktop roles and services\" is right.",
    outside: "The ports of the roles: 5504 for the broker, 443 for the gateway.",
    inside: "`Win32_Service` for each role that is installed.",
};
