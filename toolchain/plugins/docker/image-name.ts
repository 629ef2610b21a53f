/** The parts of an image's name, such as `localhost:5000/team/app:1.2`. */
export interface Reference {
    /** Host and port of the registry; undefined for Docker Hub. */
    registry?: string;
    /** With the registry: `localhost:5000/team/app`. */
    repository: string;
    /** Without the registry: `team/app`. */
    path: string;
    tag: string;
    /** Such as `sha256:...`, where the name is pinned to one. */
    digest?: string;
}

/** Takes an image's name apart, by the rules of Docker's reference grammar (distribution/reference). */
export function parseImageName(image: string): Reference {
    const [name = "", digest] = image.split("@");
    const slash = name.indexOf("/");
    const host = slash > 0 ? name.slice(0, slash) : "";
    const registry = /[.:]/.test(host) || host === "localhost" ? host : undefined;
    const rest = registry ? name.slice(slash + 1) : name;
    const [path = "", tag = "latest"] = rest.split(":");
    return { registry, repository: registry ? `${registry}/${path}` : path, path, tag, digest };
}
