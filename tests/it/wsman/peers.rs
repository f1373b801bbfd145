//! Requests as the Python clients write them.

use std::process::Command;

use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Query;
use rdpfix::cim::Value;
use rdpfix::wsman::Enumeration;
use rdpfix::wsman::Request;
use rdpfix::wsman::decode_request;

use crate::support;

/// Prints each request that pypsrp's `WSMan` would post, one a line; nothing is sent.
const PYPSRP: &str = r#"
import xml.etree.ElementTree as ET
from pypsrp.wsman import WSMan, SelectorSet, OptionSet

wsman = WSMan("host.example", ssl=False, username="u", password="p")

class Stop(Exception):
    pass

def send(message, **named):
    print(message.decode("utf-8").replace("\n", ""))
    raise Stop()

wsman.transport.send = send
wmi = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"

def post(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except Stop:
        pass

keys = SelectorSet()
keys.add_option("Name", "TermService")
post(wsman.get, wmi + "Win32_Service", selector_set=keys)
wsen = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
dmtf = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
body = ET.Element("{%s}Enumerate" % wsen)
ET.SubElement(body, "{%s}OptimizeEnumeration" % dmtf)
ET.SubElement(body, "{%s}MaxElements" % dmtf).text = "20"
ET.SubElement(body, "{%s}Filter" % dmtf, {"Dialect": "http://schemas.microsoft.com/wbem/wsman/1/WQL"}).text = (
    "select * from Win32_Service where Name = 'TermService'")
post(wsman.enumerate, wmi + "*", body)
body = ET.Element("{%sStdRegProv}GetDWORDValue_INPUT" % wmi)
ET.SubElement(body, "{%sStdRegProv}hDefKey" % wmi).text = "2147483650"
options = OptionSet()
options.add_option("PolicyStore", "ActiveStore")
post(wsman.invoke, wmi + "StdRegProv/GetDWORDValue", wmi + "StdRegProv", body, options)
"#;

/// Runs a script of the Python peers and gives its lines.
fn run(script: &str) -> Option<Vec<String>> {
    let python = support::peer_python()?;
    let output = Command::new(python).args(["-c", script]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}

fn request(text: &str) -> Request {
    let envelope = decode_request(text.as_bytes()).unwrap();
    envelope.unwrap_or_else(|fault| panic!("{fault:?}")).request
}

#[test]
fn what_pypsrp_sends_is_understood() {
    let Some(sent) = run(PYPSRP) else { return };
    let [get, enumerate, invoke] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    let service = ObjectPath::class(Namespace::CIMV2, "Win32_Service").key("Name", "TermService");
    assert_eq!(request(get), Request::Get(service));
    let query = Query::equals(Namespace::CIMV2, "Win32_Service", "Name", "TermService");
    let expected = Request::Enumerate {
        of: Enumeration::Query(query),
        max_elements: 20,
    };
    assert_eq!(request(enumerate), expected);
    let expected = Request::Invoke {
        target: ObjectPath::class(Namespace::CIMV2, "StdRegProv"),
        method: "GetDWORDValue".to_owned(),
        arguments: vec![("hDefKey".to_owned(), Value::Uint(0x8000_0002))],
    };
    assert_eq!(request(invoke), expected);
}

/// Prints a Get with the header set that pywinrm gives to all its requests.
const PYWINRM: &str = r#"
import uuid
import xmltodict
from winrm.protocol import Protocol

protocol = Protocol("http://host.example:5985/wsman", username="u", password="p")
header = protocol.build_wsman_header(
    action="http://schemas.xmlsoap.org/ws/2004/09/transfer/Get",
    resource_uri="http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_OperatingSystem",
    message_id=uuid.uuid4())
header["env:Body"] = {}
print(xmltodict.unparse({"env:Envelope": header}).replace("\n", ""))
"#;

#[test]
fn the_header_of_pywinrm_is_understood() {
    let Some(sent) = run(PYWINRM) else { return };
    let [get] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    let system = ObjectPath::class(Namespace::CIMV2, "Win32_OperatingSystem");
    assert_eq!(request(get), Request::Get(system));
}
