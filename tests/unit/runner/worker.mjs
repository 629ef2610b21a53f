// By its path, as the package does not export it. jest-worker calls `setup` once in each process.
export {
    default as run,
    setWorkerData as setup,
} from "../../../node_modules/jest-light-runner/src/worker-runner.js";
