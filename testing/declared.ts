import * as pulumi from "@pulumi/pulumi";

/** Properties of a resource, by name. */
export type Properties = Record<string, unknown>;

/** A resource that a program declared. */
export interface Declared {
    type: string;
    name: string;
    /** Inputs in plain text, including secret ones. */
    inputs: Properties;
    /** Names of the inputs that are secret or contain a secret. */
    secrets: string[];
    /** Type and name of the parent, for example `drydock:index:WebApp shop`. Empty if the parent is the stack. */
    parent: string;
    /** Type and name of each resource that it depends on, by `dependsOn` or by an input. */
    dependencies: string[];
    options: {
        protect: boolean;
        retainOnDelete: boolean;
        deleteBeforeReplace: boolean;
        ignoreChanges: string[];
        replaceOnChanges: string[];
        additionalSecretOutputs: string[];
        /** Value of the option `replacementTrigger`. */
        replacementTrigger: unknown;
    };
}

/** Records each resource that a program declares, with a stack transformation. */
export class Recorder {
    /** Resources in the order of the program. Their inputs and dependencies are complete after `settled`. */
    readonly declared: Declared[] = [];
    private readonly declarations = new Map<pulumi.Resource, Declared>();
    private readonly children = new Map<pulumi.Resource, pulumi.Resource[]>();
    private readonly pending: Promise<void>[] = [];

    /** Starts recording. Must be called inside the stack, before the program runs. */
    start(): void {
        pulumi.runtime.registerStackTransformation((args) => {
            this.record(args);
            return undefined;
        });
    }

    /** Waits until the inputs and dependencies of all resources are known. */
    async settled(): Promise<void> {
        await Promise.all(this.pending);
    }

    private record({ resource, type, name, props, opts }: pulumi.ResourceTransformationArgs): void {
        // An existing resource that is read, such as a StackReference, is not declared.
        if (opts.urn !== undefined || opts.id !== undefined) return;
        const parent = opts.parent && this.declarations.get(opts.parent);
        const custom = opts as pulumi.CustomResourceOptions;
        const declaration: Declared = {
            type,
            name,
            inputs: {},
            secrets: [],
            parent: parent ? label(parent) : "",
            dependencies: [],
            options: {
                protect: opts.protect ?? parent?.options.protect ?? false,
                retainOnDelete: opts.retainOnDelete ?? false,
                deleteBeforeReplace: custom.deleteBeforeReplace ?? false,
                ignoreChanges: opts.ignoreChanges ?? [],
                replaceOnChanges: opts.replaceOnChanges ?? [],
                additionalSecretOutputs: custom.additionalSecretOutputs ?? [],
                replacementTrigger: undefined,
            },
        };
        this.declared.push(declaration);
        this.declarations.set(resource, declaration);
        if (opts.parent)
            this.children.set(opts.parent, [...(this.children.get(opts.parent) ?? []), resource]);
        const resolved = this.resolve(declaration, resource, props, opts);
        resolved.catch(() => undefined); // `settled` reports it.
        this.pending.push(resolved);
    }

    /** Fills in what is known only after the outputs that the resource uses have resolved. */
    private async resolve(
        declaration: Declared,
        resource: pulumi.Resource,
        props: pulumi.Inputs,
        { dependsOn, replacementTrigger }: pulumi.ResourceOptions,
    ): Promise<void> {
        const { serializeResourceProperties } = pulumi.runtime;
        const [options, explicit] = await serializeResourceProperties("options", {
            dependsOn,
            replacementTrigger: replacementTrigger as unknown,
        });
        const [inputs, implicit] = await serializeResourceProperties("inputs", props);
        const used = [explicit.get("dependsOn") ?? [], ...implicit.values()].flatMap((some) => [...some]);
        declaration.inputs = withoutSecretWrappers(inputs) as Properties;
        declaration.secrets = Object.keys(inputs).filter((key) => containsSecret(inputs[key]));
        declaration.options.replacementTrigger = withoutSecretWrappers(options.replacementTrigger as unknown);
        declaration.dependencies = [...new Set(used.flatMap((other) => this.expand(other, resource)))].map(
            (other) => label(this.declarations.get(other)),
        );
    }

    /** Replaces a component with the custom resources in it, at any depth, as the SDK does. */
    private expand(resource: pulumi.Resource, dependent: pulumi.Resource): pulumi.Resource[] {
        if (resource === dependent) return [];
        if (!pulumi.ComponentResource.isInstance(resource))
            return this.declarations.has(resource) ? [resource] : [];
        return (this.children.get(resource) ?? []).flatMap((child) => this.expand(child, dependent));
    }
}

function label(declaration: Declared | undefined): string {
    return declaration ? `${declaration.type} ${declaration.name}` : "";
}

/** Key that marks secrets, assets and resources in serialized properties. */
const SIGNATURE = pulumi.runtime.specialSigKey;

function isSecret(value: object): value is { value: unknown } {
    return (value as Properties)[SIGNATURE] === pulumi.runtime.specialSecretSig;
}

function containsSecret(value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    return isSecret(value) || Object.values(value).some(containsSecret);
}

function withoutSecretWrappers(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(withoutSecretWrappers);
    if (typeof value !== "object" || value === null) return value;
    if (isSecret(value)) return withoutSecretWrappers(value.value);
    return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, withoutSecretWrappers(inner)]),
    );
}
