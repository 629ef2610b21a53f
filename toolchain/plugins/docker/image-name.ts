/** The parts of an image name such as `localhost:5000/team/app:1.2`. */
export interface Reference {
    /** Host and port of the registry; undefined for Docker Hub. */
    registry?: string;
    /** Including the registry: `localhost:5000/team/app`. */
    repository: string;
    /** Excluding the registry: `team/app`. */
    path: string;
    tag: string;
    /** For example `sha256:...`, if the name is pinned to a digest. */
    digest?: string;
}

/** Parses an image name according to Docker's reference grammar (distribution/reference). */
export function parseImageName(image: string): Reference {
    const [name = "", digest] = image.split("@");
    const slash = name.indexOf("/");
    const host = slash > 0 ? name.slice(0, slash) : "";
    const registry = /[.:]/.test(host) || host === "localhost" ? host : undefined;
    const rest = registry ? name.slice(slash + 1) : name;
    const [path = "", tag = "latest"] = rest.split(":");
    return { registry, repository: registry ? `${registry}/${path}` : path, path, tag, digest };
}
