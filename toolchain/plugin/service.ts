import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { check } from "./check";
import { decode, decodeConfig, encode, encodeChanges, encodeChecked, encodeConfig, namingOf } from "./codec";
import { diff } from "./diff";
import { Engine } from "./engine";
import { serviceError } from "./errors";
import { isIgnored } from "./ignore-changes";
import { Context, Provider, Resource } from "./provider";
import { DEFAULTS, plainObject, Value, Values } from "./values";
import { cannotStandBesideItself, complete, inputsFor, previewed, stored } from "./state";

/** Milliseconds that a timer of Node's can run at most: 24 days. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What requests about a resource have in common. */
interface ResourceRequest {
    getUrn(): string;
    getTimeout?(): number;
}

/** The methods of Pulumi's ResourceProvider protocol, for the resources of one provider. */
export class Service {
    private readonly resources: Map<string, Resource>;
    private readonly cancelled = new AbortController();

    constructor(
        private readonly provider: Provider,
        private readonly engine: Engine,
    ) {
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
        return encodeChecked(encodeConfig(this.provider.config, config), failures);
    }

    diffConfig(request: rpc.DiffRequest): rpc.DiffResponse {
        const { config } = this.provider;
        const olds = plainObject(decodeConfig(config, request.getOlds()));
        const news = plainObject(decodeConfig(config, request.getNews()));
        // Its resources stay, whatever changes: pulumi-terraform-bridge replaces a provider for what its schema marks
        // as ForcesProviderReplace alone, which none of these does.
        return encodeChanges(diff(config, olds, news).map((change) => ({ ...change, replace: false })));
    }

    async configure(request: rpc.ConfigureRequest): Promise<rpc.ConfigureResponse> {
        await this.provider.configure?.(plainObject(decodeConfig(this.provider.config, request.getArgs())));
        return new rpc.ConfigureResponse();
    }

    async check(request: rpc.CheckRequest): Promise<rpc.CheckResponse> {
        const resource = this.resourceOf(request);
        const [olds, news] = [decode(request.getOlds()), decode(request.getNews())];
        const checked = check(resource.properties, news, olds, namingOf(request));
        const [inputs, failures] = [this.recorded(checked.inputs), checked.failures];
        if (failures.length === 0) {
            failures.push(...((await resource.check?.(inputs, this.contextOf(request))) ?? []));
        }
        return encodeChecked(encode(inputs), failures);
    }

    diff(request: rpc.DiffRequest): rpc.DiffResponse {
        const resource = this.resourceOf(request);
        const news = decode(request.getNews());
        const olds = plainObject(decode(request.getOlds()));
        const changes = diff(
            resource.properties,
            resource.declared?.(olds) ?? olds,
            plainObject(news),
        ).filter((change) => !isIgnored(change, request));
        const response = encodeChanges(changes);
        const replaces = changes.some((change) => change.replace);
        response.setDeletebeforereplace(replaces && cannotStandBesideItself(resource, news));
        return response;
    }

    async create(request: rpc.CreateRequest): Promise<rpc.CreateResponse> {
        const resource = this.resourceOf(request);
        const news = decode(request.getProperties());
        const inputs = complete(resource, news);
        const created = request.getPreview()
            ? { id: "", state: previewed(resource, inputs) }
            : await this.tracked(resource, news, resource.create(inputs, this.contextOf(request)));
        const response = new rpc.CreateResponse();
        response.setId(created.id);
        response.setProperties(encode(stored(resource, created.state, news)));
        return response;
    }

    async read(request: rpc.ReadRequest): Promise<rpc.ReadResponse> {
        const resource = this.resourceOf(request);
        const olds = decode(request.getProperties());
        const old = { id: request.getId(), state: plainObject(olds) };
        const now = resource.read ? await resource.read(old.id, old.state, this.contextOf(request)) : old;
        const response = new rpc.ReadResponse();
        if (!now) return response; // No ID: the resource is gone.
        response.setId(now.id);
        response.setProperties(encode(stored(resource, now.state, olds)));
        const state = resource.declared?.(now.state) ?? now.state;
        const inputs = inputsFor(resource.properties, state, decode(request.getInputs()));
        response.setInputs(encode(this.recorded(inputs)));
        return response;
    }

    async update(request: rpc.UpdateRequest): Promise<rpc.UpdateResponse> {
        const resource = this.resourceOf(request);
        const news = decode(request.getNews());
        const [state, inputs] = [plainObject(decode(request.getOlds())), complete(resource, news)];
        const update = async () =>
            (await resource.update?.(request.getId(), state, inputs, this.contextOf(request))) ??
            previewed(resource, inputs, state);
        const updated = request.getPreview()
            ? previewed(resource, inputs, state)
            : await this.tracked(resource, news, update());
        const response = new rpc.UpdateResponse();
        response.setProperties(encode(stored(resource, updated, news)));
        return response;
    }

    async delete(request: rpc.DeleteRequest): Promise<Empty> {
        const state = plainObject(decode(request.getProperties()));
        await this.resourceOf(request).delete?.(request.getId(), state, this.contextOf(request));
        await this.engine.arrived();
        return new Empty();
    }

    /** Ctrl-C: what is in flight stops, and says what it leaves behind. */
    cancel(): Empty {
        this.cancelled.abort(new Error("cancelled"));
        return new Empty();
    }

    /** The inputs as the official provider keeps them, with its defaults or without. */
    private recorded(inputs: Values): Values {
        const { [DEFAULTS]: filledIn, ...declared } = inputs;
        if (!this.provider.defaultsInState) return inputs;
        const entries = Object.entries(declared);
        return Object.fromEntries(
            entries.filter(([key]) => !(filledIn as Value[] | undefined)?.includes(key)),
        );
    }

    /** An operation whose failure may leave a resource that exists: the error then carries its state. */
    private async tracked<T>(resource: Resource, inputs: Values, operation: Promise<T>): Promise<T> {
        try {
            return await operation;
        } catch (error) {
            throw serviceError(error, (state) => encode(stored(resource, state, inputs)));
        } finally {
            await this.engine.arrived();
        }
    }

    private resourceOf(request: ResourceRequest): Resource {
        // urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>
        const type = request.getUrn().split("::")[2]?.split("$").pop() ?? "";
        const resource = this.resources.get(type);
        if (resource) return resource;
        const known = [...this.resources.keys()].join(", ");
        throw new Error(`${type} is not supported by this ${this.provider.name} plugin, which has ${known}`);
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
