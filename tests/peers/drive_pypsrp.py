"""Drives a lab host with pypsrp's WSMan class and prints what came of it as JSON.

drive_pypsrp.py ADDRESS PORT USER AUTH [CA.pem]     (the password comes on standard input)
AUTH is ntlm or negotiate; with a certificate file HTTPS is spoken and the binding of the channel is sent.
"""

import json
import sys
import time
import xml.etree.ElementTree as ET

from pypsrp.exceptions import AuthenticationError, WSManFaultError
from pypsrp.wsman import NAMESPACES, SelectorSet, WSMan, WSManAction

CIMV2 = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"
TERMINAL = CIMV2 + "TerminalServices/"
WQL = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
IDENTIFY = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    b'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    b"<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>"
)
KEY = r"SYSTEM\CurrentControlSet\Control\Terminal Server"
HKLM = 2147483650

address, port, user, auth = sys.argv[1:5]
authority = sys.argv[5] if len(sys.argv) > 5 else None
password = sys.stdin.readline().rstrip("\n")


def connect(secret):
    return WSMan(
        address,
        port=int(port),
        username=user,
        password=secret,
        ssl=authority is not None,
        cert_validation=authority or True,
        auth=auth,
        encryption="auto" if authority else "always",
        no_proxy=True,
    )


def local(element):
    return element.tag.rpartition("}")[2]


def fields(instance):
    return {local(child): child.text for child in instance}


def selectors(**keys):
    chosen = SelectorSet()
    for name, value in keys.items():
        chosen.add_option(name, value)
    return chosen


def call(wsman, uri, method, keys=None, **parameters):
    """Invokes a method and gives its output parameters."""
    body = ET.Element("{%s}%s_INPUT" % (uri, method))
    for name, value in parameters.items():
        ET.SubElement(body, "{%s}%s" % (uri, name)).text = str(value)
    answer = wsman.invoke(uri + "/" + method, uri, body, None, keys)
    return fields(answer.find("s:Body", NAMESPACES)[0])


def enumerate_services(wsman):
    """All services by WQL: the names, and how many items each answer held."""
    enumeration = "{%s}" % NAMESPACES["wsen"]
    management = "{%s}" % NAMESPACES["wsman"]
    body = ET.Element(enumeration + "Enumerate")
    ET.SubElement(body, management + "OptimizeEnumeration")
    ET.SubElement(body, management + "MaxElements").text = "32000"
    query = ET.SubElement(body, management + "Filter", Dialect=WQL)
    query.text = "SELECT * FROM Win32_Service"
    answer = wsman.enumerate(CIMV2 + "*", body)[0]
    items, sizes = [], []
    while True:
        page = [child for child in answer.iter() if local(child) == "Items"]
        found = [fields(item) for part in page for item in part]
        items += found
        sizes.append(len(found))
        context = answer.find(enumeration + "EnumerationContext")
        if any(local(child) == "EndOfSequence" for child in answer.iter()):
            break
        body = ET.Element(enumeration + "Pull")
        ET.SubElement(body, enumeration + "EnumerationContext").text = context.text
        ET.SubElement(body, enumeration + "MaxElements").text = "32000"
        answer = wsman.pull(CIMV2 + "*", body)[0]
    return {item["Name"]: item["State"] for item in items}, sizes


def wait_for(wsman, name, state):
    for _ in range(500):
        keys = selectors(Name=name)
        service = fields(wsman.get(CIMV2 + "Win32_Service", None, None, keys)[0])
        if service["State"] == state:
            return state
        time.sleep(0.01)
    return service["State"]


def services(wsman):
    """Stops the Remote Desktop services and starts them again."""
    uri, told = CIMV2 + "Win32_Service", []
    for name, method, state in [
        ("UmRdpService", "StopService", "Stopped"),
        ("TermService", "StopService", "Stopped"),
        ("TermService", "StartService", "Running"),
    ]:
        output = call(wsman, uri, method, selectors(Name=name))
        told.append([name, method, output["ReturnValue"], wait_for(wsman, name, state)])
    return told


def registry(wsman):
    uri = CIMV2 + "StdRegProv"
    place = {"hDefKey": HKLM, "sSubKeyName": KEY, "sValueName": "fDenyTSConnections"}
    before = call(wsman, uri, "GetDWORDValue", **place)
    written = call(wsman, uri, "SetDWORDValue", **place, uValue=1)
    after = call(wsman, uri, "GetDWORDValue", **place)
    missing = call(wsman, uri, "GetStringValue", **(place | {"sValueName": "Nothing"}))
    return {
        "before": before["uValue"],
        "written": written["ReturnValue"],
        "after": after["uValue"],
        "missing": missing["ReturnValue"],
    }


def fault_of(ask):
    try:
        ask()
    except WSManFaultError as fault:
        return fault.code
    return None


def main():
    wsman = connect(password)
    identity = ET.fromstring(wsman.transport.send(IDENTIFY))
    version = [e.text for e in identity.iter() if local(e) == "ProductVersion"]
    names, sizes = enumerate_services(wsman)
    listener = selectors(TerminalName="RDP-Tcp")
    general = TERMINAL + "Win32_TSGeneralSetting"
    nobody = selectors(Name="NoSuchService")
    facts = {
        "version": version[0],
        "services": names,
        "page_sizes": sizes,
        "general": fields(wsman.get(general, None, None, listener)[0]),
        "registry": registry(wsman),
        "set_nla": call(
            wsman,
            general,
            "SetUserAuthenticationRequired",
            selectors(TerminalName="RDP-Tcp"),
            UserAuthenticationRequired=0,
        ),
        "service_calls": services(wsman),
        "missing_object": fault_of(
            lambda: wsman.get(CIMV2 + "Win32_Service", None, None, nobody)
        ),
        "encrypted_as": wsman.transport.encryption and wsman.transport.encryption.protocol,
    }
    wsman.close()
    try:
        connect(password + "x").get(general, None, None, listener)
        facts["wrong_password"] = "accepted"
    except AuthenticationError as refused:
        facts["wrong_password"] = type(refused).__name__
    print(json.dumps(facts))


main()
