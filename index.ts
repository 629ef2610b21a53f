import * as pulumi from "@pulumi/pulumi";
import { stacks } from "./stacks/index.ts";

// Pulumi maps every stack trace back to TypeScript, one for each promise of the SDK, which took a third of the program's
// time. Node runs this program's TypeScript as it is: its stack traces need no mapping.
Reflect.deleteProperty(Error, "prepareStackTrace");

/** Runs the environment that the `program` setting names. */
export default () => {
    const name = new pulumi.Config().require("program");
    const stack = stacks[name];
    if (!stack) {
        const known = Object.keys(stacks).join(", ");
        throw new pulumi.RunError(`program: there is no stack ${name} in stacks/; use one of ${known}`);
    }
    return stack();
};
