//! What real Windows hosts said, as this codec reads it.
#![expect(clippy::disallowed_methods, reason = "tests read their own data")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use rdpfix::cim::Instance;
use rdpfix::cim::Namespace;
use rdpfix::cim::ObjectPath;
use rdpfix::cim::Value;
use rdpfix::wsman::Enumeration;
use rdpfix::wsman::Fault;
use rdpfix::wsman::Request;
use rdpfix::wsman::Response;
use rdpfix::wsman::ResponseEnvelope;
use rdpfix::wsman::decode_request;
use rdpfix::wsman::decode_response;
use rdpfix::wsman::inspect::Sight;
use rdpfix::wsman::inspect::inspect;

use crate::support;

fn folder(name: &str) -> Option<PathBuf> {
    support::recordings().map(|root| root.join(name))
}

fn decoded(path: &Path) -> ResponseEnvelope {
    let bytes = fs::read(path).unwrap();
    decode_response(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files of a folder and those below it whose name ends so, sorted.
pub(super) fn files(root: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The pages of one enumeration, `class_kind` being `Win32_Service_star`.
fn pages(host: &str, class_kind: &str) -> Option<Vec<ResponseEnvelope>> {
    let folder = folder("cim")?.join(host);
    let found = files(&folder, ".xml")
        .into_iter()
        .filter(|path| path.to_string_lossy().contains(&format!("/{class_kind}_0")))
        .map(|path| decoded(&path))
        .collect::<Vec<_>>();
    assert!(!found.is_empty(), "{host} {class_kind}");
    Some(found)
}

fn instances(pages: Vec<ResponseEnvelope>) -> Vec<Instance> {
    pages
        .into_iter()
        .flat_map(|page| match page.response {
            Response::Page { items, .. } => items,
            other => panic!("{other:?}"),
        })
        .collect()
}

fn named(instances: &[Instance], name: &str) -> Instance {
    let found = instances.iter().find(|item| item.text("Name") == Ok(name));
    found.unwrap_or_else(|| panic!("{name}")).clone()
}

#[test]
fn every_service_of_server_2012_arrives_over_four_pages() {
    let Some(pages) = pages("server2012", "Win32_Service_star") else {
        return;
    };
    let shape: Vec<(bool, usize, bool)> = pages
        .iter()
        .map(|page| match &page.response {
            Response::Page {
                first,
                items,
                context,
            } => (*first, items.len(), context.is_some()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (true, 1, true),
        (false, 50, true),
        (false, 52, true),
        (false, 28, false),
    ];
    assert_eq!(shape.len(), expected.len());
    for (page, (found, wanted)) in shape.iter().zip(expected).enumerate() {
        assert_eq!(*found, wanted, "page {page}");
    }
    let services = instances(pages);
    let names: BTreeSet<&str> = services
        .iter()
        .map(|item| item.text("Name").unwrap())
        .collect();
    assert_eq!(names.len(), services.len());
}

#[test]
fn a_service_has_its_state_and_typed_properties() {
    let Some(pages) = pages("server2012", "Win32_Service_star") else {
        return;
    };
    let services = instances(pages);
    let gateway = named(&services, "ALG");
    assert_eq!(gateway.class, "Win32_Service");
    assert_eq!(gateway.namespace, Namespace::CIMV2);
    assert_eq!(gateway.text("State"), Ok("Stopped"));
    assert_eq!(gateway.properties["ExitCode"], Value::Uint(1077));
    assert_eq!(gateway.properties["Started"], Value::Bool(false));
    assert_eq!(gateway.properties["InstallDate"], Value::Null);
}

#[test]
fn the_remote_desktop_service_answers_as_its_derived_class() {
    let Some(pages) = pages("server2012", "Win32_Service_star") else {
        return;
    };
    let service = named(&instances(pages), "TermService");
    assert_eq!(service.class, "Win32_TerminalService");
    assert_eq!(service.text("CreationClassName"), Ok("Win32_Service"));
    assert_eq!(service.text("StartMode"), Ok("Manual"));
    assert_eq!(service.properties["TotalSessions"], Value::Uint(3));
    assert_eq!(service.properties["ProcessId"], Value::Uint(1720));
}

#[test]
fn a_property_list_gives_the_properties_that_were_asked_for() {
    let Some(root) = folder("cim") else { return };
    let mut compared = 0;
    for list in files(&root, ".properties") {
        let asked = fs::read_to_string(&list).unwrap();
        let asked: BTreeSet<&str> = asked.split_whitespace().collect();
        let stem = list.file_stem().unwrap().to_string_lossy().into_owned();
        let host = list.parent().unwrap().file_name().unwrap();
        let pages = pages(&host.to_string_lossy(), &format!("{stem}_all")).unwrap();
        for item in instances(pages) {
            assert_eq!(item.class, "", "{}", list.display());
            for name in item.properties.keys() {
                assert!(
                    asked.contains(name.as_str()),
                    "{name} of {}",
                    list.display()
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn a_fragment_and_an_object_hold_the_same_texts() {
    let Some(objects) = pages("server2012", "Win32_OperatingSystem_star") else {
        return;
    };
    let fragments = pages("server2012", "Win32_OperatingSystem_all").unwrap();
    let (object, fragment) = (instances(objects), instances(fragments));
    for name in ["Caption", "BuildNumber", "CSName", "InstallDate", "Locale"] {
        let (whole, part) = (&object[0].properties[name], &fragment[0].properties[name]);
        assert_eq!(whole, part, "{name}");
    }
}

#[test]
fn a_moment_is_read_to_its_last_digit() {
    let Some(pages) = pages("server2012", "Win32_OperatingSystem_star") else {
        return;
    };
    let system = &instances(pages)[0];
    let moment = |name: &str| match &system.properties[name] {
        Value::DateTime(moment) => moment.to_string(),
        other => panic!("{name} is {other:?}"),
    };
    assert_eq!(moment("LocalDateTime"), "2013-04-15T20:28:20.913Z");
    assert_eq!(moment("LastBootUpTime"), "2013-04-15T16:28:43.488171Z");
    assert_eq!(moment("InstallDate"), "2013-03-09T02:57:32Z");
}

#[test]
fn null_is_not_an_empty_text() {
    let Some(pages) = pages("server2012", "Win32_OperatingSystem_star") else {
        return;
    };
    let system = &instances(pages)[0];
    assert_eq!(system.properties["CSDVersion"], Value::Null);
    assert_eq!(system.properties["Description"], Value::text(""));
}

#[test]
fn one_element_of_an_array_is_a_list_and_a_time_zone_may_be_negative() {
    let Some(systems) = pages("server2012", "Win32_OperatingSystem_star") else {
        return;
    };
    let languages = Value::List(vec![Value::text("en-US")]);
    assert_eq!(instances(systems)[0].properties["MUILanguages"], languages);
    let computer = &instances(pages("server2012", "Win32_ComputerSystem_star").unwrap())[0];
    assert_eq!(computer.list("Roles").len(), 4);
    assert_eq!(computer.properties["PauseAfterReset"], Value::Sint(-1));
    assert_eq!(computer.properties["DomainRole"], Value::Uint(2));
}

#[test]
fn every_cim_recording_decodes() {
    let Some(root) = folder("cim") else { return };
    let answers: Vec<PathBuf> = files(&root, ".xml")
        .into_iter()
        .filter(|path| !path.ends_with("Win32_LogicalDisk_get_request.xml"))
        .collect();
    assert_eq!(answers.len(), 47);
    for path in answers {
        let envelope = decoded(&path);
        assert!(
            envelope.message_id.starts_with("uuid:"),
            "{}",
            path.display()
        );
        assert!(envelope.relates_to.is_some(), "{}", path.display());
        assert!(
            !matches!(envelope.response, Response::Fault(_)),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_recorded_get_and_its_answer_belong_together() {
    let Some(root) = folder("cim/get") else {
        return;
    };
    let request = fs::read(root.join("Win32_LogicalDisk_get_request.xml")).unwrap();
    let request = decode_request(&request).unwrap().unwrap();
    let path = ObjectPath::class(Namespace::CIMV2, "Win32_logicaldisk").key("DeviceId", "c:");
    assert_eq!(request.request, Request::Get(path));
    assert_eq!(request.to, "http://RemoteComputer:80/wsman");
    assert_eq!(request.max_envelope_size, 153_600);
    assert_eq!(request.operation_timeout.as_secs(), 60);
    let answer = decoded(&root.join("Win32_LogicalDisk_get_response.xml"));
    assert_eq!(answer.relates_to, Some(request.message_id));
    let Response::Instance(disk) = answer.response else {
        panic!("{answer:?}");
    };
    assert_eq!(disk.class, "Win32_LogicalDisk");
    assert_eq!(disk.uint("FreeSpace"), Ok(840_649_814_016));
    assert_eq!(disk.bool("SupportsDiskQuotas"), Ok(true));
    assert_eq!(disk.text("VolumeName"), Ok(""));
}

#[test]
fn the_recorded_keys_of_the_registry_are_a_list() {
    let Some(root) = folder("cim/invoke") else {
        return;
    };
    let answer = decoded(&root.join("StdRegProv_EnumKey_response_2003.xml"));
    let Response::Output {
        class,
        method,
        values,
    } = answer.response
    else {
        panic!("{answer:?}");
    };
    let expected = ObjectPath::class(Namespace::new("root/default"), "StdRegProv");
    assert_eq!(class, expected);
    assert_eq!(method, "EnumKey");
    let [(names, Value::List(keys)), (last, number)] = values.as_slice() else {
        panic!("{values:?}");
    };
    assert_eq!((names.as_str(), last.as_str()), ("sNames", "ReturnValue"));
    assert_eq!(keys.len(), 26);
    assert_eq!(keys[2], Value::text("Connection Manager"));
    assert_eq!(*number, Value::Uint(0));
}

fn fault(name: &str) -> Option<(Fault, ResponseEnvelope)> {
    let envelope = decoded(&folder("faults")?.join(name));
    match envelope.response.clone() {
        Response::Fault(fault) => Some((fault, envelope)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_recorded_fault_has_its_code_subcode_and_innermost_message() {
    let expected = [
        (
            "omi_windows_get_missing_instance.xml",
            (2_150_858_752, "DestinationUnreachable"),
            "The WS-Management service cannot process the request. The service cannot find the resource",
        ),
        (
            "omi_windows_timed_out.xml",
            (2_150_858_793, "TimedOut"),
            "The WS-Management service cannot complete the operation within the time",
        ),
        (
            "txwinrm_max_concurrent.xml",
            (2_150_859_174, "InternalError"),
            "The WS-Management service cannot process the request. This user is allowed a maximum number of 15",
        ),
        (
            "winrb_soap_fault_v2.xml",
            (2_150_858_778, "CannotProcessFilter"),
            "The specified class does not exist in the given namespace.",
        ),
        (
            "winrb_wmi_error_v2.xml",
            (2_150_859_173, "QuotaLimit"),
            "The WS-Management service cannot process the request. This user is allowed a maximum number of 30",
        ),
        (
            "winrmlib_concurrent_operations_fault.xml",
            (2_150_859_174, "InternalError"),
            "The WS-Management service cannot process the request. This user is allowed a maximum number of 1500",
        ),
    ];
    for (name, (code, subcode), message) in expected {
        let Some((fault, _)) = fault(name) else {
            return;
        };
        assert_eq!(
            (fault.code, fault.subcode.as_str()),
            (code, subcode),
            "{name}"
        );
        assert!(
            fault.message.starts_with(message),
            "{name}: {}",
            fault.message
        );
    }
}

#[test]
fn a_fault_tells_its_detail_and_machine_and_may_lack_relates_to() {
    let Some((missing, envelope)) = fault("omi_windows_get_missing_instance.xml") else {
        return;
    };
    assert_eq!(missing.detail.as_deref(), Some("InvalidResourceURI"));
    assert_eq!(envelope.machine.as_deref(), Some("10.68.240.26"));
    let (_, quota) = fault("winrb_wmi_error_v2.xml").unwrap();
    assert_eq!((quota.relates_to, quota.machine), (None, None));
}

/// The answers of a recording in YAML.
fn answers(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let recording: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    recording["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|message| message["response"].as_str())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_configuration_tells_its_limits() {
    let Some(root) = folder("config") else { return };
    let answers = answers(&root.join("test_wsman_update_envelope_size_500.yml"));
    let envelope = decode_response(answers[0].as_bytes()).unwrap();
    let Response::Instance(config) = envelope.response else {
        panic!("{envelope:?}");
    };
    assert_eq!(config.namespace, Namespace::new("winrm/config"));
    assert_eq!(config.uint("MaxEnvelopeSizekb"), Ok(500));
    assert_eq!(config.uint("MaxBatchItems"), Ok(32_000));
    let Some(Value::Object(service)) = config.get("Service") else {
        panic!("{config:?}");
    };
    assert_eq!(service.uint("MaxConcurrentOperationsPerUser"), Ok(1500));
    assert_eq!(service.bool("AllowUnencrypted"), Ok(false));
    let Some(Value::Object(auth)) = service.get("Auth") else {
        panic!("{service:?}");
    };
    assert_eq!(auth.text("CbtHardeningLevel"), Ok("Relaxed"));
}

#[test]
fn every_envelope_of_every_recording_can_be_looked_into() {
    let Some(root) = support::recordings() else {
        return;
    };
    let mut seen = 0;
    for path in files(&root, ".xml") {
        let sights = inspect(&fs::read(&path).unwrap());
        assert!(!sights.unwrap().is_empty(), "{}", path.display());
        seen += 1;
    }
    for path in files(&root, ".yml") {
        for answer in answers(&path) {
            let sights = inspect(answer.as_bytes());
            assert!(!sights.unwrap().is_empty(), "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 120, "{seen}");
}

#[test]
fn a_fault_of_a_shell_is_seen_in_its_recording() {
    let Some(root) = folder("winrs") else { return };
    let faults: Vec<u32> = answers(&root.join("test_winrs_operation_timeout.yml"))
        .iter()
        .flat_map(|answer| inspect(answer.as_bytes()).unwrap())
        .filter_map(|sight| match sight {
            Sight::Fault(fault) => Some(fault.code),
            _ => None,
        })
        .collect();
    assert!(faults.contains(&2_150_858_793), "{faults:?}");
}

fn example(name: &str) -> Option<Vec<u8>> {
    Some(fs::read(folder("spec-examples")?.join(name)).unwrap())
}

#[test]
fn the_examples_of_the_specification_decode() {
    let Some(get) = example("4.1.1_get_2.xml") else {
        return;
    };
    let namespace = Namespace::new("root/mynamespace");
    let path = ObjectPath::class(namespace.clone(), "myclass").key("id", "1");
    let Response::Instance(object) = decode_response(&get).unwrap().response else {
        panic!("not an instance");
    };
    let pointer = Value::Reference(Box::new(path.clone()));
    assert_eq!(object.properties["Location"], pointer);
    let put = decode_request(&example("4.1.3_put_1.xml").unwrap()).unwrap();
    let Request::Put { target, properties } = put.unwrap().request else {
        panic!("not a Put");
    };
    assert_eq!(target, path);
    assert_eq!(properties.len(), 3);
    assert_eq!(properties[0], ("Data1".into(), Value::text("Test Message")));
    let page = decode_response(&example("4.1.2_enumerate_pull_4.xml").unwrap()).unwrap();
    let Response::Page {
        first,
        items,
        context,
    } = page.response
    else {
        panic!("{page:?}");
    };
    assert_eq!((first, items.len()), (false, 1));
    let expected = "uuid:2504CA0D-94B9-4F91-B2F7-9F4CD9A2A96C";
    assert_eq!(context.as_deref(), Some(expected));
}

#[test]
fn the_specifications_requests_are_what_their_names_say() {
    let Some(enumerate) = example("4.1.2_enumerate_pull_1.xml") else {
        return;
    };
    let request = |bytes: &[u8]| decode_request(bytes).unwrap().unwrap().request;
    let class = ObjectPath::class(Namespace::new("root/mynamespace"), "myclass");
    let of = Enumeration::Text {
        resource: class,
        wql: None,
    };
    let expected = Request::Enumerate {
        of: of.clone(),
        max_elements: 0,
    };
    assert_eq!(request(&enumerate), expected);
    let pull = request(&example("4.1.2_enumerate_pull_3.xml").unwrap());
    let expected = Request::Pull {
        of,
        context: "uuid:22EB9809-5543-4020-A75C-FD95FF06217B".to_owned(),
        max_elements: 1,
    };
    assert_eq!(pull, expected);
    let filter = request(&example("4.9_selector_filter_1.xml").unwrap());
    let expected = Request::Enumerate {
        of: Enumeration::Text {
            resource: ObjectPath::class(Namespace::CIMV2, "Win32_Service"),
            wql: Some(
                "SELECT * FROM Win32_Service WHERE StartMode='Auto' AND State='Stopped'".to_owned(),
            ),
        },
        max_elements: 0,
    };
    assert_eq!(filter, expected);
    let call = request(&example("4.1.4_invoke_1.xml").unwrap());
    let expected = Request::Invoke {
        target: ObjectPath::class(Namespace::CIMV2, "Win32_Process"),
        method: "Create".to_owned(),
        arguments: vec![
            ("CommandLine".to_owned(), Value::text("notepad.exe")),
            ("CurrentDirectory".to_owned(), Value::text("C:\\")),
        ],
    };
    assert_eq!(call, expected);
}
