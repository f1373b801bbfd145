// Reads reports with the parsers of MITRE's viewers (inspecjs), which refuse what is not InSpec's shape, and tells as JSON
// what a viewer would show: node hdf.js MODULES FILE…
const fs = require("fs");
const path = require("path");
const [modules, ...files] = process.argv.slice(2);
const inspecjs = require(path.join(modules, "inspecjs"));
const told = files.map((file) => {
  const read = inspecjs.convertFile(fs.readFileSync(file, "utf8"));
  const run = read["1_0_ExecJson"];
  if (!run) throw new Error(`${file} is no InSpec report: ${JSON.stringify(read.errors)}`);
  const viewed = inspecjs.contextualizeEvaluation(run);
  return viewed.contains.flatMap((profile) =>
    profile.contains.map((control) => ({
      id: control.data.id,
      title: control.data.title,
      status: control.hdf.status,
      severity: control.hdf.severity,
      waived: control.hdf.waived,
      message: control.hdf.message,
      until: (control.data.waiver_data || {}).expiration_date,
      why: (control.data.waiver_data || {}).justification,
      segments: control.hdf.segments.map((one) => [one.status, one.code_desc, one.skip_message || one.message || ""]),
    })),
  );
});
process.stdout.write(JSON.stringify(told));
