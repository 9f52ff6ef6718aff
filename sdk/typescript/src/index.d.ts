export * from './errors.js';
export * from './objects.js';
export * from './calls.js';
export * from './results.js';
export declare const VERSION: string;
