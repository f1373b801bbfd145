"""Drives a lab host with pywinrm's Protocol and prints what came of it as JSON.

drive_pywinrm.py ENDPOINT USER TRANSPORT [CA.pem]     (the password comes on standard input)
pywinrm knows shells only, so envelopes are sent by hand through its transport, which signs in and seals.
"""

import json
import sys
import uuid
import xml.etree.ElementTree as ET

from winrm.exceptions import InvalidCredentialsError, WinRMTransportError
from winrm.protocol import Protocol

CIMV2 = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
ENVELOPE = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">
<s:Header><a:To>{endpoint}</a:To><w:ResourceURI s:mustUnderstand="true">
 {uri} </w:ResourceURI><a:ReplyTo><a:Address s:mustUnderstand="true">
 http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous </a:Address></a:ReplyTo>
<a:Action s:mustUnderstand="true">{action}</a:Action><w:MaxEnvelopeSize s:mustUnderstand="true">153600</w:MaxEnvelopeSize>
<a:MessageID>uuid:{message}</a:MessageID><w:Locale xml:lang="en-US" s:mustUnderstand="false"/>
<w:OperationTimeout>PT20S</w:OperationTimeout>{selectors}</s:Header><s:Body>{body}</s:Body></s:Envelope>"""

endpoint, user, transport = sys.argv[1:4]
authority = sys.argv[4] if len(sys.argv) > 4 else None
password = sys.stdin.readline().rstrip("\n")


def protocol(secret):
    return Protocol(
        endpoint=endpoint,
        transport=transport,
        username=user,
        password=secret,
        ca_trust_path=authority or "legacy_requests",
        message_encryption="auto" if authority else "always",
        proxy=None,
    )


def ask(peer, uri, action, body="", **keys):
    chosen = "".join(
        '<w:Selector Name="%s">%s</w:Selector>' % key for key in keys.items()
    )
    envelope = ENVELOPE.format(
        endpoint=endpoint,
        uri=uri,
        action=action,
        message=str(uuid.uuid4()).upper(),
        selectors="<w:SelectorSet>%s</w:SelectorSet>" % chosen if keys else "",
        body=body,
    )
    answer = ET.fromstring(peer.transport.send_message(envelope))
    body = answer.find("{http://www.w3.org/2003/05/soap-envelope}Body")[0]
    return {child.tag.rpartition("}")[2]: child.text for child in body}


def stop(peer, name):
    uri = CIMV2 + "Win32_Service"
    body = '<p:StopService_INPUT xmlns:p="%s"/>' % uri
    return ask(peer, uri, uri + "/StopService", body, Name=name)["ReturnValue"]


def fault_status(peer):
    try:
        ask(peer, CIMV2 + "Win32_Service", TRANSFER + "Get", Name="NoSuchService")
    except WinRMTransportError as error:
        return error.code
    return 200


def main():
    peer = protocol(password)
    # The class in the wrong case, the selector too: Windows does not mind.
    service = ask(peer, CIMV2 + "win32_service", TRANSFER + "Get", NAME="termservice")
    terminal = CIMV2 + "TerminalServices/Win32_TSGeneralSetting"
    facts = {
        "service": service,
        "general": ask(peer, terminal, TRANSFER + "Get", TerminalName="RDP-Tcp"),
        "stopped": stop(peer, "UmRdpService"),
        "fault_status": fault_status(peer),
        "sealed": peer.transport.encryption is not None,
    }
    try:
        ask(protocol(password + "x"), terminal, TRANSFER + "Get", TerminalName="RDP-Tcp")
        facts["wrong_password"] = "accepted"
    except InvalidCredentialsError as refused:
        facts["wrong_password"] = type(refused).__name__
    print(json.dumps(facts))


main()
