export * from './handler-bundle';
export * from './import-rules';
export * from './newest-cdk';
export * from './scripts';
export * from './type-check';
