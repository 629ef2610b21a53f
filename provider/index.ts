/**
 * A component provider, which makes the components available in every Pulumi language. Pulumi's engine starts it
 * (PulumiPlugin.yaml) and asks it to construct components for programs in other languages.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as drydock from "../components/index.ts";

/** The part of schema.json that the provider reads. `make schema` writes the file. */
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
    readonly schema = readFileSync(join(import.meta.dirname, "schema.json"), "utf8");
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
        if (!definition || !component) throw new Error(`drydock ${this.version} has no component ${type}`);
        const instance = new component(name, inputs, options);
        const outputs = Object.keys(definition.properties ?? {});
        const state = Object.fromEntries(
            outputs.map((output) => [output, Reflect.get(instance, output) as unknown]),
        );
        return Promise.resolve({ urn: instance.urn, state });
    }
}

void pulumi.provider.main(new Provider(), process.argv.slice(2));
