#!/usr/bin/env python3
"""audit_pypsrp.py INVENTORY THREADS - the reads of a baseline audit by pypsrp, one session per host, for comparison
(without the certificate itself and the port filter, so a little less than rdpfix reads).

INVENTORY is what `rdpfix lab up --write-inventory` wrote. Exits 0 when every read of every host was answered.
"""
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import pypsrp.wsman as wsman

WMI = "http://schemas.microsoft.com/wbem/wsman/1/wmi/"
WQL = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
N = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
W = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
CIMV2, TS, NET = "root/cimv2", "root/cimv2/TerminalServices", "root/StandardCimv2"
HKLM = "2147483650"
WINSTATIONS = r"SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations"
ORACLE = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters"
QUERIES = [
    (TS, "SELECT * FROM Win32_TerminalServiceSetting"),
    (TS, "SELECT * FROM Win32_TSGeneralSetting WHERE TerminalName='RDP-Tcp'"),
    (CIMV2, "SELECT * FROM Win32_Service WHERE Name='TermService' OR Name='SessionEnv' OR Name='UmRdpService'"),
    (CIMV2, "SELECT * FROM Win32_OperatingSystem"),
    (NET, "SELECT * FROM MSFT_NetFirewallRule WHERE RuleGroup='@FirewallAPI.dll,-28752'"),
]
VALUES = [
    ("GetDWORDValue", WINSTATIONS + r"\RDP-Tcp", "PortNumber"),
    ("GetDWORDValue", ORACLE, "AllowEncryptionOracle"),
    ("GetBinaryValue", WINSTATIONS, "SelfSignedCertificate"),
    ("GetStringValue", WINSTATIONS, "SelfSignedCertStore"),
]


def read_inventory(path):
    """The hosts of an inventory in the lab's own layout, without a YAML package."""
    hosts, current = [], None
    for line in open(path, encoding="utf-8"):
        key, _, value = line.strip().partition(":")
        value = value.strip().strip("'\"")
        if key == "ansible_host":
            current = {}
            hosts.append(current)
        if current is not None and key.startswith("ansible_"):
            current[key] = value
    return hosts


def query(session, namespace, text):
    body = ET.Element("{%s}Enumerate" % N)
    ET.SubElement(body, "{%s}OptimizeEnumeration" % W)
    ET.SubElement(body, "{%s}MaxElements" % W).text = "32000"
    ET.SubElement(body, "{%s}Filter" % W, Dialect=WQL).text = text
    resource = WMI + namespace + "/*"
    answer = session.enumerate(resource, body)
    while True:
        context = answer.find(".//{%s}EnumerationContext" % N)
        if context is None or not context.text:
            return
        pull = ET.Element("{%s}Pull" % N)
        ET.SubElement(pull, "{%s}EnumerationContext" % N).text = context.text
        ET.SubElement(pull, "{%s}MaxElements" % N).text = "32000"
        answer = session.pull(resource, pull)


def value(session, method, key, name):
    resource = WMI + CIMV2 + "/StdRegProv"
    body = ET.Element("{%s}%s_INPUT" % (resource, method))
    ET.SubElement(body, "{%s}hDefKey" % resource).text = HKLM
    ET.SubElement(body, "{%s}sSubKeyName" % resource).text = key
    ET.SubElement(body, "{%s}sValueName" % resource).text = name
    session.invoke(resource + "/" + method, resource, body)


def audit(host):
    session = wsman.WSMan(
        host["ansible_host"], port=int(host["ansible_port"]), ssl=False, auth="ntlm", encryption="always",
        username=host["ansible_user"], password=host["ansible_password"], connection_timeout=30, read_timeout=60,
    )
    with session:
        for namespace, text in QUERIES:
            query(session, namespace, text)
        for method, key, name in VALUES:
            value(session, method, key, name)


def main():
    hosts = read_inventory(sys.argv[1])
    with ThreadPoolExecutor(int(sys.argv[2])) as pool:
        list(pool.map(audit, hosts))
    print(len(hosts))


if __name__ == "__main__":
    main()
