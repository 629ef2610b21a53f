// Loaded before the program (`nodeargs` in Pulumi.yaml), for its speed alone. Pulumi's SDK takes the text of a
// stack for every promise (`debuggablePromise`), to name those that never end. ts-node maps each line of such a
// text back to its source, and that was a third of the program's time: these texts are left unmapped.
let prepare = Error.prepareStackTrace;

const unmapped = (error, frames) =>
    frames[0]?.getFunctionName() === "debuggablePromise"
        ? `${error}\n${frames.map((frame) => `    at ${frame}`).join("\n")}`
        : prepare(error, frames);

Object.defineProperty(Error, "prepareStackTrace", {
    configurable: true,
    get: () => prepare && unmapped,
    set: (given) => {
        prepare = given;
    },
});
