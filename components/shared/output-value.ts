import type * as pulumi from "@pulumi/pulumi";

/** The value of an Output, for hooks. In a preview, it never resolves if the value is unknown. */
export function outputValue<T>(output: pulumi.Output<T>): Promise<T> {
    return new Promise((resolve) => {
        output.apply(resolve);
    });
}
