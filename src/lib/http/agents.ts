// A module of its own, loaded when the first request is sent. It names what it takes from undici, which is CommonJS: a bundled
// import() of undici itself would find no names.
export { Agent, Pool, ProxyAgent } from 'undici';
