import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import * as rpc from "@pulumi/pulumi/proto/provider_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { check } from "./check.ts";
import {
    decode,
    decodeConfig,
    encode,
    encodeDiffResponse,
    encodeCheckFailures,
    encodeCheckResponse,
    encodeConfig,
    namingOf,
} from "./codec.ts";
import { diff } from "./diff.ts";
import type { Engine } from "./engine.ts";
import { toRpcError } from "./errors.ts";
import { isIgnored } from "./ignore-changes.ts";
import type { Context, Provider, Resource } from "./provider.ts";
import { withDefaults } from "./schema.ts";
import { DEFAULTS, plainObject, type Value, type Values } from "./values.ts";
import {
    mustDeleteBeforeReplace,
    completeInputs,
    inputsFromState,
    previewState,
    storedState,
} from "./state.ts";

/** The longest delay of a Node timer, in milliseconds (24 days). */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The common part of requests about a resource. */
interface ResourceRequest {
    getUrn(): string;
    getTimeout?(): number;
}

/** The methods of Pulumi's ResourceProvider protocol, for the resources of one provider. */
export class Service {
    private readonly resources: Map<string, Resource>;
    private readonly cancelled = new AbortController();
    private readonly provider: Provider;
    private readonly engine: Engine;

    constructor(provider: Provider, engine: Engine) {
        this.provider = provider;
        this.engine = engine;
        this.resources = new Map(provider.resources.map((resource) => [resource.token, resource]));
    }

    handshake(): rpc.ProviderHandshakeResponse {
        const response = new rpc.ProviderHandshakeResponse();
        response.setAcceptSecrets(true);
        response.setSupportsAutonamingConfiguration(true);
        return response;
    }

    getPluginInfo(): PluginInfo {
        const info = new PluginInfo();
        info.setVersion(this.provider.version);
        return info;
    }

    checkConfig(request: rpc.CheckRequest): rpc.CheckResponse {
        const news = decodeConfig(this.provider.config, request.getNews());
        const { inputs, failures } = check(this.provider.config, news, {});
        const { [DEFAULTS]: _, ...config } = inputs;
        return encodeCheckResponse(encodeConfig(this.provider.config, config), failures);
    }

    diffConfig(request: rpc.DiffRequest): rpc.DiffResponse {
        const { config } = this.provider;
        const olds = plainObject(decodeConfig(config, request.getOlds()));
        const news = plainObject(decodeConfig(config, request.getNews()));
        // A change never replaces the provider and its resources: pulumi-terraform-bridge does so only for properties
        // that its schema marks with ForcesProviderReplace, and these providers have none.
        return encodeDiffResponse(diff(config, olds, news).map((change) => ({ ...change, replace: false })));
    }

    async configure(request: rpc.ConfigureRequest): Promise<rpc.ConfigureResponse> {
        await this.provider.configure?.(plainObject(decodeConfig(this.provider.config, request.getArgs())));
        return new rpc.ConfigureResponse();
    }

    async check(request: rpc.CheckRequest): Promise<rpc.CheckResponse> {
        const resource = this.resourceOf(request);
        const [olds, news] = [decode(request.getOlds()), decode(request.getNews())];
        const checked = check(resource.properties, news, olds, namingOf(request));
        const [inputs, failures] = [this.recordedInputs(checked.inputs), checked.failures];
        if (failures.length === 0) {
            failures.push(...((await resource.check?.(inputs, this.contextOf(request))) ?? []));
        }
        return encodeCheckResponse(encode(inputs), failures);
    }

    diff(request: rpc.DiffRequest): rpc.DiffResponse {
        const resource = this.resourceOf(request);
        const news = decode(request.getNews());
        const olds = plainObject(decode(request.getOlds()));
        const changes = diff(
            resource.properties,
            resource.declaredInputs?.(olds) ?? olds,
            plainObject(news),
        ).filter((change) => !isIgnored(change, request));
        const response = encodeDiffResponse(changes);
        const replaces = changes.some((change) => change.replace);
        response.setDeletebeforereplace(replaces && mustDeleteBeforeReplace(resource, news));
        return response;
    }

    async create(request: rpc.CreateRequest): Promise<rpc.CreateResponse> {
        const resource = this.resourceOf(request);
        const news = decode(request.getProperties());
        const inputs = completeInputs(resource, news);
        const created = request.getPreview()
            ? { id: "", state: previewState(resource, inputs) }
            : await this.withStateOnFailure(resource, news, resource.create(inputs, this.contextOf(request)));
        const response = new rpc.CreateResponse();
        response.setId(created.id);
        response.setProperties(encode(storedState(resource, created.state, news)));
        return response;
    }

    async read(request: rpc.ReadRequest): Promise<rpc.ReadResponse> {
        const resource = this.resourceOf(request);
        const olds = decode(request.getProperties());
        const old = { id: request.getId(), state: plainObject(olds) };
        const now = resource.read ? await resource.read(old.id, old.state, this.contextOf(request)) : old;
        const response = new rpc.ReadResponse();
        if (!now) return response; // Without an ID: the resource no longer exists.
        response.setId(now.id);
        response.setProperties(encode(storedState(resource, now.state, olds)));
        const state = resource.declaredInputs?.(now.state) ?? now.state;
        const inputs = inputsFromState(resource.properties, state, decode(request.getInputs()));
        response.setInputs(encode(this.recordedInputs(inputs)));
        return response;
    }

    async update(request: rpc.UpdateRequest): Promise<rpc.UpdateResponse> {
        const resource = this.resourceOf(request);
        const news = decode(request.getNews());
        const [state, inputs] = [plainObject(decode(request.getOlds())), completeInputs(resource, news)];
        const update = async () =>
            (await resource.update?.(request.getId(), state, inputs, this.contextOf(request))) ??
            previewState(resource, inputs, state);
        const updated = request.getPreview()
            ? previewState(resource, inputs, state)
            : await this.withStateOnFailure(resource, news, update());
        const response = new rpc.UpdateResponse();
        response.setProperties(encode(storedState(resource, updated, news)));
        return response;
    }

    async delete(request: rpc.DeleteRequest): Promise<Empty> {
        const state = plainObject(decode(request.getProperties()));
        await this.resourceOf(request).delete?.(request.getId(), state, this.contextOf(request));
        await this.engine.flush();
        return new Empty();
    }

    /** Calls a function of the provider. The engine sends neither unknown nor secret inputs. */
    async invoke(request: rpc.InvokeRequest): Promise<rpc.InvokeResponse> {
        const { functions = [], name } = this.provider;
        const called = functions.find(({ token }) => token === request.getTok());
        if (!called) {
            const known = functions.map(({ token }) => token).join(", ") || "none";
            throw new Error(
                `${request.getTok()} is not supported by this ${name} plugin. Supported functions: ${known}`,
            );
        }
        const { inputs, failures } = check(called.properties, decode(request.getArgs()), {});
        const response = new rpc.InvokeResponse();
        response.setFailuresList(encodeCheckFailures(failures));
        if (failures.length > 0) return response;
        const complete = withDefaults(called.properties, plainObject(inputs));
        response.setReturn(encode(await called.invoke(complete, this.cancelled.signal)));
        return response;
    }

    /** On Ctrl-C, abort running operations. They report resources that they leave behind. */
    cancel(): Empty {
        this.cancelled.abort(new Error("cancelled"));
        return new Empty();
    }

    /** The inputs as the official provider records them, with or without defaults. */
    private recordedInputs(inputs: Values): Values {
        const { [DEFAULTS]: defaults, ...declared } = inputs;
        if (!this.provider.defaultsInState) return inputs;
        const entries = Object.entries(declared);
        return Object.fromEntries(
            entries.filter(([key]) => !(defaults as Value[] | undefined)?.includes(key)),
        );
    }

    /** Runs an operation. If it fails with an InitializationError, the resource's state is added to the gRPC error. */
    private async withStateOnFailure<T>(
        resource: Resource,
        inputs: Values,
        operation: Promise<T>,
    ): Promise<T> {
        try {
            return await operation;
        } catch (error) {
            throw toRpcError(error, (state) => encode(storedState(resource, state, inputs)));
        } finally {
            await this.engine.flush();
        }
    }

    private resourceOf(request: ResourceRequest): Resource {
        // urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>
        const type = request.getUrn().split("::")[2]?.split("$").pop() ?? "";
        const resource = this.resources.get(type);
        if (resource) return resource;
        const known = [...this.resources.keys()].join(", ");
        throw new Error(
            `${type} is not supported by this ${this.provider.name} plugin. Supported types: ${known}`,
        );
    }

    private contextOf(request: ResourceRequest): Context {
        const urn = request.getUrn();
        const milliseconds = Math.min(Math.ceil((request.getTimeout?.() ?? 0) * 1000), LONGEST_TIMER);
        const signals = [
            this.cancelled.signal,
            ...(milliseconds > 0 ? [AbortSignal.timeout(milliseconds)] : []),
        ];
        return {
            name: urn.split("::").slice(3).join("::"),
            signal: AbortSignal.any(signals),
            status: (message) => {
                this.engine.log("info", urn, message, true);
            },
            log: (severity, message) => {
                this.engine.log(severity, urn, message);
            },
        };
    }
}
