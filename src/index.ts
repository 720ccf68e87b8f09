export * from './dropped-accounts';
export * from './existing-members';
export * from './failure-tolerance';
export * from './handler-options';
export * from './member-accounts';
export * from './membership-options';
export * from './removal-limit';
export * from './security-hub-members';
