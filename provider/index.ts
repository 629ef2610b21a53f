/**
 * The components for every Pulumi language: a provider that the engine starts (PulumiPlugin.yaml), and asks to make
 * a component of this library with what a program in another language has given.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as drydock from "../components/index.ts";

/** The schema as `make schema` has written it. */
interface Schema {
    version: string;
    resources: Record<string, { properties?: object }>;
}

type Component = new (
    name: string,
    args: pulumi.Inputs,
    opts: pulumi.ComponentResourceOptions,
) => pulumi.ComponentResource;

const COMPONENTS = drydock as unknown as Record<string, Component | undefined>;

class Provider implements pulumi.provider.Provider {
    readonly schema = readFileSync(join(import.meta.dirname, "../../provider/schema.json"), "utf8");
    private readonly parsed = JSON.parse(this.schema) as Schema;
    readonly version = this.parsed.version;

    construct(
        name: string,
        type: string,
        inputs: pulumi.Inputs,
        options: pulumi.ComponentResourceOptions,
    ): Promise<pulumi.provider.ConstructResult> {
        const definition = this.parsed.resources[type];
        const component = COMPONENTS[type.replace("drydock:index:", "")];
        if (!definition || !component) throw new Error(`${type} is no component of drydock ${this.version}`);
        const made = new component(name, inputs, options);
        const outputs = Object.keys(definition.properties ?? {});
        const state = Object.fromEntries(
            outputs.map((output) => [output, Reflect.get(made, output) as unknown]),
        );
        return Promise.resolve({ urn: made.urn, state });
    }
}

void pulumi.provider.main(new Provider(), process.argv.slice(2));
