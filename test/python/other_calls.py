"""The services around: what the CDK CLI, a function and a person ask of them. Same form as the calls in test_operations.py."""

from clients import ADMINISTRATOR, member

BUCKET = f"cdk-hnb659fds-assets-{ADMINISTRATOR}-us-east-1"
ROLE = f"arn:aws:iam::{member(1)}:role/cdk-hnb659fds-lookup-role-{member(1)}-us-east-1"
KEY = {"pk": {"S": "a"}}
TABLE = {
    "TableName": "table", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
GROUP = {"logGroupName": "/group"}
STREAM = {**GROUP, "logStreamName": "stream"}
TEMPLATE = """{"Description": "Two topics", "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "%s"}}},
 "Outputs": {"Name": {"Value": "shared", "Export": {"Name": "shared-name"}}}}"""
IMPORTING = """{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::ImportValue": "shared-name"}}}}}"""
FAILING = """{"Resources": {"Topic": {"Type": "Test::Failing", "Properties": {"FailOn": ["%s"], "Reason": "no", "Text": "%s"}}}}"""
# longer than the server's clock lets anybody wait
SLOW = """{"Resources": {"Topic": {"Type": "Test::Failing", "Properties": {"FailOn": [], "AfterSeconds": %s}}}}"""
STACK = {"StackName": "stack"}
CHANGE_SET = {**STACK, "ChangeSetName": "changes"}


def made(service, operation, parameters, account=ADMINISTRATOR):
    """A step that has to succeed."""
    def step(aws):
        answer = aws.python(service, account, operation, parameters)
        assert "error" not in answer, answer
    return step


def settled(aws, name="stack"):
    """Nothing is under way any more: the clock stands still, so that every look is one turn of the server."""
    while aws.python("cloudformation", ADMINISTRATOR, "DescribeStacks", {"StackName": name})["output"]["Stacks"][0]["StackStatus"].endswith(
            "_IN_PROGRESS"):
        pass


def failed_update(aws, **options):
    """A stack whose last update has failed."""
    aws.python("cloudformation", ADMINISTRATOR, "CreateStack", {**STACK, "TemplateBody": FAILING % ("Update", "1")})
    settled(aws)
    aws.python("cloudformation", ADMINISTRATOR, "UpdateStack", {**STACK, "TemplateBody": FAILING % ("Update", "2"), **options})
    settled(aws)


def under_way(aws):
    """A stack with an update that does not end."""
    aws.python("cloudformation", ADMINISTRATOR, "CreateStack", {**STACK, "TemplateBody": SLOW % 0})
    settled(aws)
    aws.python("cloudformation", ADMINISTRATOR, "UpdateStack", {**STACK, "TemplateBody": SLOW % 600})


def no_way_back(aws):
    failed_update(aws)


def without_rollback(aws):
    failed_update(aws, DisableRollback=True)


def table_there(aws):
    made("dynamodb", "CreateTable", TABLE)(aws)
    while aws.python("dynamodb", ADMINISTRATOR, "DescribeTable", {"TableName": "table"})["output"]["Table"]["TableStatus"] != "ACTIVE":
        pass


OBJECT = made("s3", "PutObject", {"Bucket": BUCKET, "Key": "a/key", "Body": "content"})
ITEM_THERE = made("dynamodb", "PutItem", {"TableName": "table", "Item": {**KEY, "n": {"N": "1"}}})
GROUP_THERE = made("logs", "CreateLogGroup", GROUP)
STREAM_THERE = made("logs", "CreateLogStream", STREAM)
LINES_THERE = made("logs", "PutLogEvents", {**STREAM, "logEvents": [{"timestamp": 1767225600000, "message": "hello"}]})
PARAMETER_THERE = made("ssm", "PutParameter", {"Name": "/list", "Value": "a,b", "Type": "StringList"})
STACK_THERE = [made("cloudformation", "CreateStack", {**STACK, "TemplateBody": TEMPLATE % "one"}), settled]
CHANGES_THERE = [*STACK_THERE, made("cloudformation", "CreateChangeSet", {**CHANGE_SET, "TemplateBody": TEMPLATE % "two"})]
IMPORT_THERE = [*STACK_THERE, made("cloudformation", "CreateStack", {"StackName": "other", "TemplateBody": IMPORTING}),
                lambda aws: settled(aws, "other")]

OTHER_CALLS = [
    *[("sts", account, operation, parameters, [], expected) for account, operation, parameters, expected in [
        (member(1), "GetCallerIdentity", {}, {"Account": member(1)}),
        (member(1), "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "session"},
         {"AssumedRoleUser": {"Arn": ROLE.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/session"}}),
    ]],
    *[("iam", ADMINISTRATOR, operation, parameters, [], expected) for operation, parameters, expected in [
        ("GetRole", {"RoleName": "Reader"}, {"Role": {"AssumeRolePolicyDocument": {"Statement": {"Action": "sts:AssumeRole"}}}}),
        ("GetRolePolicy", {"RoleName": "Reader", "PolicyName": "Read"}, {"PolicyDocument": {"Statement": {"Action": "s3:GetObject"}}}),
        ("ListRolePolicies", {"RoleName": "Reader"}, {"PolicyNames": ["Read"], "IsTruncated": False}),
        ("ListAttachedRolePolicies", {"RoleName": "Reader"}, {"AttachedPolicies": [{"PolicyName": "ReadOnlyAccess"}]}),
        ("ListRoles", {}, {"Roles": [{"RoleName": "Reader", "Path": "/"}]}),
    ]],
    *[("ssm", ADMINISTRATOR, operation, parameters, before, expected) for operation, parameters, before, expected in [
        ("PutParameter", {"Name": "/p", "Value": "v", "Type": "String"}, [], {"Version": 1, "Tier": "Standard"}),
        ("GetParameter", {"Name": "/list"}, [PARAMETER_THERE],
         {"Parameter": {"Type": "StringList", "Value": "a,b", "LastModifiedDate": "2026-01-01T00:00:00.000Z"}}),
        ("GetParameters", {"Names": ["/list", "/none"]}, [PARAMETER_THERE],
         {"Parameters": [{"Name": "/list"}], "InvalidParameters": ["/none"]}),
        ("DeleteParameter", {"Name": "/list"}, [PARAMETER_THERE], {}),
    ]],
    *[("s3", ADMINISTRATOR, operation, parameters, before, expected) for operation, parameters, before, expected in [
        ("CreateBucket", {"Bucket": "another-bucket"}, [], {}),
        ("HeadBucket", {"Bucket": BUCKET}, [], {}),
        ("GetBucketLocation", {"Bucket": BUCKET}, [], {}),
        ("GetBucketEncryption", {"Bucket": BUCKET}, [],
         {"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}),
        ("PutObject", {"Bucket": BUCKET, "Key": "k", "Body": "content"}, [], {"ETag": '"9a0364b9e99bb480dd25e1f0284c8555"'}),
        ("GetObject", {"Bucket": BUCKET, "Key": "a/key"}, [OBJECT], {"Body": "content", "ContentLength": 7}),
        ("HeadObject", {"Bucket": BUCKET, "Key": "a/key"}, [OBJECT], {"ContentLength": 7}),
        ("ListObjectsV2", {"Bucket": BUCKET, "Prefix": "a/"}, [OBJECT], {"Contents": [{"Key": "a/key", "Size": 7}], "KeyCount": 1}),
        ("DeleteObject", {"Bucket": BUCKET, "Key": "a/key"}, [OBJECT], {}),
    ]],
    *[("dynamodb", ADMINISTRATOR, operation, parameters, before, expected) for operation, parameters, before, expected in [
        ("CreateTable", TABLE, [], {"TableDescription": {"TableName": "table", "KeySchema": TABLE["KeySchema"]}}),
        ("DescribeTable", {"TableName": "table"}, [table_there], {"Table": {"TableName": "table"}}),
        ("DescribeTimeToLive", {"TableName": "table"}, [table_there], {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}),
        ("ListTables", {}, [table_there], {"TableNames": ["table"]}),
        ("UpdateTable", {"TableName": "table", "BillingMode": "PROVISIONED",
                         "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}, [table_there],
         {"TableDescription": {"TableName": "table"}}),
        ("PutItem", {"TableName": "table", "Item": KEY}, [table_there], {}),
        ("GetItem", {"TableName": "table", "Key": KEY}, [table_there, ITEM_THERE], {"Item": {"pk": {"S": "a"}, "n": {"N": "1"}}}),
        ("UpdateItem", {"TableName": "table", "Key": KEY, "UpdateExpression": "SET n = n + :one",
                        "ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": "ALL_NEW"}, [table_there, ITEM_THERE],
         {"Attributes": {"n": {"N": "2"}}}),
        ("DeleteItem", {"TableName": "table", "Key": KEY, "ReturnValues": "ALL_OLD"}, [table_there, ITEM_THERE],
         {"Attributes": {"n": {"N": "1"}}}),
        ("Query", {"TableName": "table", "KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}},
         [table_there, ITEM_THERE], {"Count": 1, "Items": [{"n": {"N": "1"}}]}),
        ("Scan", {"TableName": "table"}, [table_there, ITEM_THERE], {"Count": 1, "ScannedCount": 1}),
        ("BatchGetItem", {"RequestItems": {"table": {"Keys": [KEY]}}}, [table_there, ITEM_THERE],
         {"Responses": {"table": [{"n": {"N": "1"}}]}, "UnprocessedKeys": {}}),
        ("BatchWriteItem", {"RequestItems": {"table": [{"PutRequest": {"Item": KEY}}]}}, [table_there], {"UnprocessedItems": {}}),
        ("DeleteTable", {"TableName": "table"}, [table_there], {"TableDescription": {"TableName": "table"}}),
    ]],
    *[("logs", ADMINISTRATOR, operation, parameters, before, expected) for operation, parameters, before, expected in [
        ("CreateLogGroup", GROUP, [], {}),
        ("CreateLogStream", STREAM, [GROUP_THERE], {}),
        ("PutRetentionPolicy", {**GROUP, "retentionInDays": 7}, [GROUP_THERE], {}),
        ("DeleteRetentionPolicy", GROUP, [GROUP_THERE], {}),
        ("DescribeLogGroups", {}, [GROUP_THERE], {"logGroups": [GROUP]}),
        ("DescribeLogStreams", GROUP, [GROUP_THERE, STREAM_THERE], {"logStreams": [{"logStreamName": "stream"}]}),
        ("PutLogEvents", {**STREAM, "logEvents": [{"timestamp": 1767225600000, "message": "x"}]}, [GROUP_THERE, STREAM_THERE], {}),
        ("GetLogEvents", STREAM, [GROUP_THERE, STREAM_THERE, LINES_THERE], {"events": [{"message": "hello", "timestamp": 1767225600000}]}),
        ("FilterLogEvents", {**GROUP, "filterPattern": "hello"}, [GROUP_THERE, STREAM_THERE, LINES_THERE],
         {"events": [{"logStreamName": "stream", "message": "hello"}]}),
        ("DeleteLogGroup", GROUP, [GROUP_THERE], {}),
    ]],
    *[("lambda", ADMINISTRATOR, operation, parameters, [], expected) for operation, parameters, expected in [
        ("GetFunction", {"FunctionName": "Echo"}, {"Configuration": {"FunctionName": "Echo", "Runtime": "nodejs24.x"}}),
        ("GetFunctionConfiguration", {"FunctionName": "Echo"}, {"Timeout": 900, "Environment": {"Variables": {"NAME": "value"}}}),
        ("Invoke", {"FunctionName": "Echo", "Payload": '{"a":1}'}, {"StatusCode": 200, "Payload": '{"a":1}', "ExecutedVersion": "$LATEST"}),
    ]],
    *[("cloudformation", ADMINISTRATOR, operation, parameters, before, expected) for operation, parameters, before, expected in [
        ("CreateStack", {**STACK, "TemplateBody": TEMPLATE % "one"}, [], {}),
        ("UpdateStack", {**STACK, "TemplateBody": TEMPLATE % "two"}, STACK_THERE, {}),
        ("CancelUpdateStack", STACK, [under_way], {}),
        ("DeleteStack", STACK, STACK_THERE, {}),
        ("DescribeStacks", STACK, STACK_THERE, {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": [{"OutputValue": "shared"}]}]}),
        ("DescribeStackEvents", STACK, STACK_THERE, {"StackEvents": [{"ResourceStatus": "CREATE_COMPLETE", "LogicalResourceId": "stack"}]}),
        ("DescribeStackResource", {**STACK, "LogicalResourceId": "Topic"}, STACK_THERE,
         {"StackResourceDetail": {"ResourceType": "AWS::SNS::Topic", "ResourceStatus": "CREATE_COMPLETE"}}),
        ("DescribeStackResources", STACK, STACK_THERE, {"StackResources": [{"LogicalResourceId": "Topic"}]}),
        ("ListStackResources", STACK, STACK_THERE, {"StackResourceSummaries": [{"LogicalResourceId": "Topic"}]}),
        ("ListStacks", {}, STACK_THERE, {"StackSummaries": [{"StackName": "stack"}]}),
        ("GetTemplate", STACK, STACK_THERE, {"StagesAvailable": ["Original", "Processed"]}),
        ("GetTemplateSummary", {"TemplateBody": TEMPLATE % "one"}, [], {"Description": "Two topics", "ResourceTypes": ["AWS::SNS::Topic"]}),
        ("ValidateTemplate", {"TemplateBody": TEMPLATE % "one"}, [], {"Description": "Two topics"}),
        ("UpdateTerminationProtection", {**STACK, "EnableTerminationProtection": True}, STACK_THERE, {}),
        ("CreateChangeSet", {**CHANGE_SET, "TemplateBody": TEMPLATE % "two"}, STACK_THERE, {}),
        ("DescribeChangeSet", CHANGE_SET, CHANGES_THERE,
         {"Status": "CREATE_COMPLETE", "Changes": [{"ResourceChange": {"Action": "Modify", "LogicalResourceId": "Topic"}}]}),
        ("ListChangeSets", STACK, CHANGES_THERE, {"Summaries": [{"ChangeSetName": "changes", "ExecutionStatus": "AVAILABLE"}]}),
        ("ExecuteChangeSet", CHANGE_SET, CHANGES_THERE, {}),
        ("DeleteChangeSet", CHANGE_SET, CHANGES_THERE, {}),
        ("ListExports", {}, STACK_THERE, {"Exports": [{"Name": "shared-name", "Value": "shared"}]}),
        ("ListImports", {"ExportName": "shared-name"}, IMPORT_THERE, {"Imports": ["other"]}),
        ("ContinueUpdateRollback", STACK, [no_way_back], {}),
        ("RollbackStack", STACK, [without_rollback], {}),
    ]],
]
